"""Features that were made, reduced to principal components: those of a file, or fitted on just these features."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.app.made_features import Made
from engine.core.errors import UsageError

if TYPE_CHECKING:
    from engine.core.telling import Tell
    from engine.encoders.pca import Pca

_PIECE_ROWS = 4096


def components_for(file: Path, of_encoder: "Mapping[str, Any]", say: "Tell") -> "Pca":
    """The components of ``file`` for features that ``encoder_row`` describes; ``say`` hears where they can't be told
    from others.

    Raises ``WeightsError`` where it holds none, ``UsageError`` where they were fitted on what another encoder made.
    """
    from engine.core.made_by import made_by_of_sidecar
    from engine.encoders.pca import load_pca

    pca, here = load_pca(file), made_by_of_sidecar(of_encoder)
    assert here is not None
    if pca.fitted_on is None:
        say(f"{file.name} does not say what its components were fitted on; they are taken for those of {here.encoder}")
        return pca
    if (unlike := pca.fitted_on.unlike(here)) is not None:
        raise UsageError(
            f"{file.name} holds components of features by {unlike[0]}, not by {unlike[1]}.",
            "Name those of the same encoder, or fit new ones: --pca 512.",
        )
    return pca


def reduce_features(made: Sequence[Made], title: str, wanted: int | Path, over_others: bool = False) -> Iterator[Made]:
    """``1_ResNET_TF2.npy`` to ``1_ResNET_TF2_PCA512.npy`` beside it, with a page on what it is.

    ``title`` is what the encoder's files are called; ``wanted`` is how many components to fit on all that was made,
    kept as ``ResNET_TF2_PCA512.safetensors`` beside the first, or a file of such. What was not made is passed over.
    ``over_others``: write over other features of the same name.

    Raises:
        UsageError: there are too few rows, the components are of another width, or a name is taken by other features.
        WeightsError: the file holds no components.
        OSError: the disk refuses.
    """
    from engine.core.made_by import made_by_of_sidecar
    from engine.core.tensor_file import sha256_of
    from engine.encoders.feature_file import pieces_of, read_sidecar
    from engine.encoders.pca import fit_pca, load_pca

    files = [each.file for each in made if each.rows]
    if not files:
        return
    if isinstance(wanted, Path):
        pca, kept = load_pca(wanted), wanted
    else:
        kept = files[0].with_name(f"{title}_PCA{wanted}.safetensors")
        pca = fit_pca((rows for file in files for rows in pieces_of(file, _PIECE_ROWS)), wanted)
        pca = replace(pca, fitted_on=made_by_of_sidecar(read_sidecar(files[0])))
        pca.save(kept)
    of = {"outputs": len(pca.components), "file": kept.name, "sha256": sha256_of(kept)}
    for file in files:
        reduced = file.with_name(f"{file.stem}_PCA{len(pca.components)}.npy")
        said = {**(read_sidecar(file) or {}), "width": of["outputs"], "pca": of}
        yield _reduced(file, reduced, pca.apply, said, over_others)


def _reduced(file: Path, reduced: Path, apply: Any, said: dict[str, Any], over_others: bool) -> Made:
    from engine.encoders.feature_file import load_features, made_rows, pieces_of, read_sidecar, write_features

    rows = len(load_features(file))
    if made_rows(reduced, said):
        return Made(reduced, rows, None, None)
    before = read_sidecar(reduced)
    ours = before is not None and before.get("encoder") == said.get("encoder")
    if reduced.exists() and not over_others and not ours:
        raise UsageError(f"{reduced} holds other features.", "Name another --out, or --replace them.")
    write_features(reduced, rows, (apply(piece) for piece in pieces_of(file, _PIECE_ROWS)), said)
    return Made(reduced, rows, None, 0.0)
