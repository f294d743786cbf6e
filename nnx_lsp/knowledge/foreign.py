"""Libraries that know nothing of jax: a jax array is an instance of none of their classes."""

from __future__ import annotations

import sys

_LIBRARIES = frozenset(
    (
        *("torch", "torchvision", "torchaudio", "tensorflow", "tf", "mxnet", "paddle", "mindspore", "cupy", "numba", "onnx", "onnxruntime", "ml_dtypes"),
        *("numpy", "scipy", "pandas", "polars", "pyarrow", "xarray", "h5py", "zarr", "sklearn", "skimage", "cv2", "PIL", "imageio", "matplotlib", "seaborn"),
        *("transformers", "tokenizers", "datasets", "huggingface_hub", "safetensors", "sentencepiece", "tiktoken", "tensorflow_datasets", "timm"),
        *("omegaconf", "hydra", "ml_collections", "pydantic", "attr", "attrs", "yaml", "click", "typer", "absl", "fire", "tyro", "rich", "tqdm", "loguru"),
        *("wandb", "mlflow", "tensorboardX", "gymnasium", "gym", "stable_baselines3", "networkx", "sympy", "shapely", "rdkit", "ase", "mujoco", "pytest"),
    )
)
_WITHOUT_ARRAYS = frozenset(
    (
        *("Mapping", "MutableMapping", "Sequence", "MutableSequence", "Set", "MutableSet", "AbstractSet", "Callable", "Iterator", "Generator", "Coroutine"),
        *("Awaitable", "ByteString", "KeysView", "ItemsView", "ValuesView", "List", "Dict", "Tuple", "FrozenSet", "Text", "Deque", "DefaultDict"),
    )
)
"""Abstract classes of which an array is not an instance, though what they ask for is asked for by name."""


def excludes_arrays(name: str) -> bool:
    """Whether it is certain that a jax array is not an instance of the class under a dotted name of a library."""
    root, _, rest = name.partition(".")
    if root in ("typing", "typing_extensions", "collections"):
        last = rest.rpartition(".")[2]
        return last in _WITHOUT_ARRAYS or (root == "collections" and not rest.startswith("abc."))
    return root in _LIBRARIES or root in sys.stdlib_module_names
