"""What the programs of macOS answer, for tests on any system.

Texts and codes as launchctl of macOS 11 to 26 prints them. What ``print`` shows of a job was put together from outputs
that people have published (its lines begin with one tab, those of its endpoints and environment with two); bootout of
an unknown job: 3; print of an unknown one: 113; bootstrap while the old one ends: 5 or 37; nobody at the screen: 125.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from engine.app.service.system_commands import run_command

RUNNING = """\
gui/501/org.acoustic-momentum.record = {
\tactive count = 1
\tpath = /Users/ref/Library/LaunchAgents/org.acoustic-momentum.record.plist
\ttype = LaunchAgent
\tstate = running

\tprogram = /Users/ref/Applications/Acoustic Momentum.app/Contents/MacOS/acoustic-momentum
\targuments = {
\t\t/Users/ref/Applications/Acoustic Momentum.app/Contents/MacOS/acoustic-momentum
\t\trecord
\t\tmic
\t}

\tstdout path = /dev/null
\tstderr path = /Users/ref/Library/Logs/acoustic-momentum/service.log
\tinherited environment = {
\t\tSSH_AUTH_SOCK => /private/tmp/com.apple.launchd.aBcDeFgHiJ/Listeners
\t}

\tdefault environment = {
\t\tPATH => /usr/bin:/bin:/usr/sbin:/sbin
\t}

\tenvironment = {
\t\tPYTHONHOME => /opt/homebrew/opt/python@3.13/Frameworks/Python.framework/Versions/3.13
\t\tXPC_SERVICE_NAME => org.acoustic-momentum.record
\t}

\tdomain = gui/501 [100005]
\tasid = 100005
\tminimum runtime = 10
\texit timeout = 20
\truns = 1
\tpid = 4353
\timmediate reason = speculative
\tforks = 0
\texecs = 1
\tinitialized = 1
\ttrampolined = 1
\tstarted suspended = 0
\tproxy started suspended = 0
\tlast exit code = (never exited)

\tresource coalition = {
\t\tID = 1289
\t\ttype = resource
\t\tstate = active
\t\tactive count = 1
\t\tname = org.acoustic-momentum.record
\t}

\tspawn type = interactive (4)
\tjetsam priority = 40
\tproperties = runatload | inferred program
}
"""
WAITING = (
    RUNNING.replace("\tstate = running", "\tstate = not running", 1)
    .replace("\tpid = 4353\n", "")
    .replace("(never exited)", "78: EX_CONFIG")
)
KILLED = WAITING.replace("\tlast exit code = 78: EX_CONFIG", "\tlast terminating signal = Terminated: 15")


class FakeMac:
    """launchctl and codesign, and a yes from what else only macOS has; everything else is run for real.

    ending: how many looks a job takes to end after bootout. refusals: codes that bootstrap gives, one a try, before it
    succeeds. signs: whether codesign can. tries: whether a bundle is really tried out, which starts the whole program;
    else it is taken to start.
    """

    def __init__(
        self,
        ending: int = 0,
        refusals: Sequence[int] = (),
        signs: bool = True,
        printed: str = RUNNING,
        tries: bool = False,
    ) -> None:
        self.tries = tries
        self.told: list[str] = []
        self.loaded: str | None = None
        self.ending, self.refusals, self.signs, self.printed = ending, list(refusals), signs, printed
        self._looks = 0
        self.slept_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds

    def __call__(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        program, *arguments = command
        if program == "/usr/bin/env" and arguments[-1] == "--version" and not self.tries:
            return subprocess.CompletedProcess(list(command), 0, "", "")
        if program.startswith("/") and not program.startswith("/System/"):
            return run_command(command)
        self.told.append(" ".join([Path(program).name, arguments[0]]))
        if program not in ("launchctl", "codesign"):
            return subprocess.CompletedProcess(list(command), 0, "", "")
        code, out, err = self._launchctl(arguments) if program == "launchctl" else self._codesign(arguments)
        return subprocess.CompletedProcess(list(command), code, out, err)

    def _launchctl(self, arguments: list[str]) -> tuple[int, str, str]:
        match arguments:
            case ["print", target]:
                if self.loaded and self._looks:
                    self._looks -= 1
                    if not self._looks:
                        self.loaded = None
                if self.loaded:
                    return 0, self.printed, ""
                label = target.rpartition("/")[2]
                return 113, "", f'Bad request.\nCould not find service "{label}" in domain for user gui: 501\n'
            case ["bootout", _]:
                if not self.loaded:
                    return 3, "", "Boot-out failed: 3: No such process\n"
                if self.ending:
                    self._looks = self.ending
                    return 36, "", "Boot-out failed: 36: Operation now in progress\n"
                self.loaded = None
                return 0, "", ""
            case ["enable", _]:
                return 0, "", ""
            case ["bootstrap", _, file]:
                if self.loaded:
                    return 37, "", "Bootstrap failed: 37: Operation already in progress\n"
                if self.refusals:
                    code = self.refusals.pop(0)
                    text = {5: "Input/output error", 37: "Operation already in progress"}
                    said = text.get(code, "Domain does not support specified action")
                    return (
                        code,
                        "",
                        f"Bootstrap failed: {code}: {said}\nTry re-running the command as root for richer errors.\n",
                    )
                self.loaded = Path(file).read_text(encoding="utf-8")
                return 0, "", ""
        raise AssertionError(f"launchctl knows no {arguments}")

    def _codesign(self, arguments: list[str]) -> tuple[int, str, str]:
        bundle = Path(arguments[-1])
        seal = bundle / "Contents" / "_CodeSignature" / "CodeResources"
        if arguments[0] == "--verify":
            return (0, "", "") if seal.is_file() else (1, "", f"{bundle}: code object is not signed at all\n")
        assert arguments[:3] == ["--force", "--sign", "-"]
        if not self.signs:
            return 1, "", f"{bundle}: internal error in Code Signing subsystem\n"
        seal.parent.mkdir()
        seal.write_text("sealed", encoding="utf-8")
        return 0, "", ""
