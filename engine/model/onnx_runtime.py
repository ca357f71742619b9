"""The package ``onnxruntime``, which tells nobody that it is used. The only place that imports it."""

import os
from typing import Any, Final

from engine.model.onnx_graph import OnnxMissing

_NO_TELEMETRY: Final = "ORT_DISABLE_TELEMETRY"


def runtime_package() -> Any:
    """The package ``onnxruntime``. Raises ``OnnxMissing`` where it is not installed.

    Left alone it looks up a collector's name and sends it what it has queued in the user's cache folder. The variable
    must be there when it is imported: the call alone comes too late for the queue and the number that tells this
    machine from others.
    """
    os.environ[_NO_TELEMETRY] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise OnnxMissing("onnxruntime", error) from None
    onnxruntime.disable_telemetry_events()
    return onnxruntime
