"""From an address to a decoder: what FFmpeg may open, how long it may take, and what a person is told if it fails."""

import errno
import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from engine.audio.calls_with_deadline import give_up, take_no_signals
from engine.audio.decoders import CHUNK_FRAMES, FFmpegDecoder, describe
from engine.core.errors import DeviceError, InputError, MomentumError, UsageError
from engine.core.sound_address import SCHEMES, shown

_PROTOCOLS: Final = "http,https,tcp,tls,httpproxy,crypto"
_PROTOCOLS_RTSP: Final = "rtsp,rtp,tcp"
"""What may be opened on the way: a playlist or a redirection can't name a file, nor another kind of address."""
_FORMATS: Final = (
    "aac,ac3,aiff,asf,caf,eac3,flac,flv,live_flv,loas,matroska,webm,mov,mp4,m4a,3gp,mp3,mpegts,ogg,w64,wav,hls"
)
"""Sound, video and hls: other lists of addresses, such as dash or concat, are not followed."""
_LIVE_CHUNK_FRAMES: Final = 2048
_STALE_S: Final = 40.0
"""A single reading may last this long: hls waits for its next piece, and a file that broke off is asked for again."""
_LONGEST_PAUSE_S: Final = 8


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an address may take; seconds.

    answer_s: from asking to knowing what it sends. Longer: slow ones are still heard, dead ones told later.
    silence_s: without a byte on an open connection. Longer: survives a bad line, and hangs on to a dead one.
    """

    answer_s: float = 20.0
    silence_s: float = 10.0


class AddressDecoder(FFmpegDecoder):
    """What an address sends. A live one has no length, forgives damage, and never ends but by a ``DeviceError``."""

    def __init__(self, name: str, container: Any, live: bool) -> None:
        super().__init__(name, container, chunk_frames=_LIVE_CHUNK_FRAMES if live else CHUNK_FRAMES)
        self.live = live
        self.listed = container.format.name == "hls"
        self._damage: Exception | None = None

    @property
    def duration_s(self) -> float | None:
        return None if self.live else super().duration_s

    def _decode(self, packet: Any) -> Iterable[Any]:
        from av.error import InvalidDataError

        if self._damage is not None:
            raise self._damage
        try:
            return super()._decode(packet)
        except InvalidDataError as damage:
            # A stream is entered anywhere, and packets get lost. In a file the next step will tell whether the line
            # broke here.
            self._damage = None if self.live else damage
            return ()

    def _ended(self, heard_s: float) -> None:
        if self.live:
            self._break_off(heard_s, None)
        super()._ended(heard_s)

    def _break_off(self, heard_s: float, duration_s: float | None, fault: Exception | None = None) -> NoReturn:
        from av.error import InvalidDataError

        why = f" ({describe(fault)})" if fault is not None else ""
        if self.live:
            raise DeviceError(f"{self.name} has broken off{why}.", "It is asked again until it answers.") from None
        of = f" of {duration_s:.1f} s" if duration_s is not None and duration_s > heard_s else ""
        kind = InputError if fault is None or isinstance(fault, InvalidDataError) else DeviceError
        raise kind(
            f"{self.name} breaks off at {heard_s:.1f} s{of}{why}.",
            "What came before was used. Try again, or download it first and give the file.",
        ) from None


def connect(address: str, patience: Patience) -> AddressDecoder:
    """Ask ``address`` for its sound.

    Raises:
        UsageError: it is no address that can be listened to.
        DeviceError: nobody answers, the answer is a refusal, or it takes too long.
        InputError: what is sent is no sound.
    """
    name = _checked(address)
    answer: Future[AddressDecoder] = Future()
    # Beside: looking up a name can't be interrupted, and Ctrl-C should be heard meanwhile.
    asking = threading.Thread(target=_answer, args=(answer, lambda: _open(address, name, patience)), daemon=True)
    try:
        asking.start()
        return answer.result(patience.answer_s)
    except TimeoutError:
        if not answer.cancel():
            return answer.result()
        give_up(asking)
        raise _no_answer(name, patience.answer_s) from None
    except BaseException:  # Ctrl-C among them
        give_up(asking)
        raise


def _answer(answer: "Future[AddressDecoder]", work: Callable[[], AddressDecoder]) -> None:
    take_no_signals()
    try:
        decoder = work()
    except MomentumError as fault:
        if answer.set_running_or_notify_cancel():
            answer.set_exception(fault)
        return
    if answer.set_running_or_notify_cancel():
        answer.set_result(decoder)
    else:
        decoder.close()


def _checked(address: str) -> str:
    """Its name. Raises ``UsageError``."""
    name = shown(address)
    try:
        parts = urlsplit(address)
        good = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not address.isprintable() or any(map(str.isspace, address)):
        kinds = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise UsageError(f"{name} is no address that can be listened to.", f"Addresses begin with {kinds}.")
    return name


def _open(address: str, name: str, patience: Patience) -> AddressDecoder:
    import av

    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    try:
        container = av.open(
            f"{scheme}://{rest}",
            options=_options(scheme, patience),
            timeout=(patience.answer_s, max(_STALE_S, 2 * patience.silence_s)),
            metadata_errors="replace",
        )
    except (av.FFmpegError, OSError) as error:
        raise _refusal(name, scheme, error, patience) from None
    try:
        return AddressDecoder(name, container, _is_live(container, scheme))
    except MomentumError:
        container.close()
        raise


def _options(scheme: str, patience: Patience) -> dict[str, str]:
    silence_us = str(round(patience.silence_s * 1_000_000))
    if scheme == "rtsp":
        return {
            "format_whitelist": "rtsp",
            "protocol_whitelist": _PROTOCOLS_RTSP,
            "rtsp_transport": "tcp",  # over the one connection: datagrams get lost, and stay outside of most walls
            "allowed_media_types": "audio",
            "timeout": silence_us,
        }
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": _PROTOCOLS, "rw_timeout": silence_us}
    # A file that breaks off is asked for from there; a stream that does is the watchdog's business.
    again = {"reconnect": "1", "reconnect_delay_max": str(_LONGEST_PAUSE_S)}
    # FFmpeg believes every certificate unless told not to. Without a file of ours it knows the system's itself.
    ours = ssl.get_default_verify_paths().cafile
    return {**options, **again, "tls_verify": "1", **({"ca_file": ours} if ours else {})}


def _is_live(container: Any, scheme: str) -> bool:
    """Whether nobody knows where it ends."""
    if scheme == "rtsp":
        return True
    if container.format.name == "hls":
        return container.duration is None
    return container.size <= 0 or any(key.lower().startswith("icy-") for key in container.metadata)


def _refusal(name: str, scheme: str, error: Any, patience: Patience) -> MomentumError:
    from av import error as av_error

    if isinstance(error, av_error.HTTPUnauthorizedError | av_error.HTTPForbiddenError):
        return DeviceError(
            f"{name} does not let us in ({describe(error)}).",
            "Name and password go into the address: https://NAME:PASSWORD@HOST/... They are neither shown nor kept.",
        )
    if isinstance(error, av_error.TimeoutError | av_error.ExitError):
        return _no_answer(name, patience.silence_s)
    if isinstance(error, av_error.HTTPClientError | av_error.HTTPError):
        return DeviceError(
            f"{name}: {describe(error)}.", "Check the address; a live one may not have begun, or be over."
        )
    if isinstance(error, av_error.ArgumentError):  # the whitelists
        return InputError(
            f"{name} leads to another kind of address, or is a list of some.",
            "Of lists only HLS is taken. Give the address of the sound itself.",
        )
    if isinstance(error, av_error.InvalidDataError):
        if scheme == "rtsp":  # which it says of no answer, too
            return DeviceError(
                f"{name} gives no answer that RTSP knows.", "Check the address, and that the camera is on."
            )
        return InputError(
            f"{name} sends nothing that can be read as sound.",
            "Open it in a browser: it may be a page about the sound, and not the sound itself.",
        )
    # FFmpeg says "Input/output error" of all these.
    why = "no such name, a line that broke, or a false certificate" if error.errno == errno.EIO else describe(error)
    return DeviceError(f"{name} can't be reached ({why}).", "Check the address and the network.")


def _no_answer(name: str, seconds: float) -> DeviceError:
    return DeviceError(
        f"{name} does not answer: nothing came for {seconds:.0f} s.", "Check the address and the network."
    )
