"""training's readers, on small files in the real formats, and on broken ones."""

import gzip
import struct
import sys

import numpy as np
import pytest
import torch

from tdlcourse.training import DataBundle, Examples, cifar10, digits, mnist


def idx(array):
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)


def write_mnist(folder, pixels, form="{}-images-idx3-ubyte", zipped=False):
    folder.mkdir(parents=True, exist_ok=True)
    labels = np.arange(7, dtype=np.uint8)
    for prefix, part in (("train", slice(5)), ("t10k", slice(5, None))):
        image_name = form.format(prefix)
        label_name = image_name.replace("images", "labels").replace("idx3", "idx1")
        for name, content in ((image_name, pixels[part]), (label_name, labels[part])):
            data = idx(content)
            name, data = (name + ".gz", gzip.compress(data)) if zipped else (name, data)
            (folder / name).write_bytes(data)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", ["{}-images-idx3-ubyte", "{}-images.idx3-ubyte"])
def test_mnist_is_read_in_every_usual_form(tmp_path, pixels, form, zipped):
    write_mnist(tmp_path, pixels, form, zipped)
    data = mnist(tmp_path)
    assert data.train.X.shape == (5, 1, 28, 28) and data.test.X.shape == (2, 1, 28, 28)
    assert data.train.X.dtype == torch.float32 and data.test.y.tolist() == [5, 6]
    np.testing.assert_array_equal((data.train.X[:, 0] * 255).round().numpy(), pixels[:5])


def test_a_constant_channel_becomes_zero_when_standardised():
    X = torch.rand(5, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    X[:, 1] = 0.1
    examples = Examples(X, torch.zeros(5, dtype=torch.int64))
    found = DataBundle("made up", examples, examples, 1).standardised().train.X
    assert found[:, 0].std() == pytest.approx(1, rel=1e-6)
    assert found[:, 1].abs().max() <= 1e-7


def test_mnist_is_found_where_torchvision_keeps_it(tmp_path, pixels):
    write_mnist(tmp_path / "MNIST" / "raw", pixels)
    assert mnist(tmp_path).name == "mnist"


def test_a_missing_file_is_named_and_nothing_is_downloaded(tmp_path):
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte"):
        mnist(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda data: data[:-3], "values, got"),
        (lambda data: data + b"x", "values, got"),
        (lambda data: b"\x00\x00\x0d" + data[3:], "idx file"),
        (lambda data: data[:3], "idx file"),
        (lambda data: b"", "idx file"),
        (lambda data: data[:4] + b"\xff" * 12 + data[16:], "values, got"),
    ],
    ids=["short", "long", "floats", "header", "empty", "huge"],
)
def test_broken_idx_files_are_refused(tmp_path, pixels, break_it, message):
    write_mnist(tmp_path, pixels)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(break_it(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        mnist(tmp_path)


def test_a_cut_gzip_file_is_refused(tmp_path, pixels):
    write_mnist(tmp_path, pixels, zipped=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="whole gzip file"):
        mnist(tmp_path)


def test_more_labels_than_images_are_refused(tmp_path, pixels):
    write_mnist(tmp_path, pixels)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(6, np.uint8)))
    with pytest.raises(ValueError, match="as many inputs as labels"):
        mnist(tmp_path)


def write_cifar(folder, records):
    folder.mkdir(parents=True, exist_ok=True)
    for k, part in enumerate((records[:2], records[2:4])):
        (folder / f"data_batch_{k + 1}.bin").write_bytes(part.tobytes())
    (folder / "test_batch.bin").write_bytes(records[4:].tobytes())


@pytest.fixture
def records():
    records = np.random.default_rng(1).integers(0, 256, (5, 3073), dtype=np.uint8)
    records[:, 0] = [3, 9, 0, 1, 7]
    return records


@pytest.mark.parametrize("below", ["", "cifar-10-batches-bin"])
def test_cifar_is_read_from_the_binary_version(tmp_path, records, below):
    write_cifar(tmp_path / below, records)
    data = cifar10(tmp_path)
    assert data.train.y.tolist() == [3, 9, 0, 1] and data.test.y.tolist() == [7]
    image = records[1, 1:].reshape(3, 32, 32)  # planes red, green, blue, rows first
    np.testing.assert_array_equal((data.train.X[1] * 255).round().numpy(), image)


def test_cifar_records_of_another_length_are_refused(tmp_path, records):
    write_cifar(tmp_path, records)
    (tmp_path / "test_batch.bin").write_bytes(records[4].tobytes()[:-1])
    with pytest.raises(ValueError, match="records of 3073 bytes"):
        cifar10(tmp_path)


def test_cifar_labels_beyond_nine_are_refused(tmp_path, records):
    records[4, 0] = 10
    write_cifar(tmp_path, records)
    with pytest.raises(ValueError, match="labels 0 to 9"):
        cifar10(tmp_path)


def test_the_pickled_version_is_never_opened_here(tmp_path):
    """Without torchvision it is an error that names the binary version; the file is not read."""
    (tmp_path / "cifar-10-batches-py").mkdir()
    # a pickle that would run code: os.mkdir of the marker
    marker = tmp_path / "ran"
    pickled = b"cos\nmkdir\n(S'" + str(marker).encode() + b"'\ntR."
    for name in ("data_batch_1", "test_batch"):
        (tmp_path / "cifar-10-batches-py" / name).write_bytes(pickled)
    with pytest.raises(FileNotFoundError):
        cifar10(tmp_path)
    assert not marker.exists()


def test_a_torchvision_built_for_another_torch_is_told(tmp_path, monkeypatch):
    """Its import fails with a RuntimeError of an operator that nobody asked for."""
    broken = tmp_path / "site" / "torchvision"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    with pytest.raises(FileNotFoundError, match="torchvision for this torch must be installed"):
        cifar10(tmp_path)


def test_digits_are_split_the_same_everywhere():
    data = digits()
    assert data.train.X.shape == (1297, 64) and data.test.X.shape == (500, 64)
    assert data.train.X.min() == 0 and data.train.X.max() == 1
    order = np.random.default_rng(0).permutation(1797)
    from sklearn.datasets import load_digits

    assert data.test.y.tolist() == load_digits().target[order][1297:].tolist()
    images = digits(images=True)
    assert torch.equal(images.train.X.flatten(1), data.train.X)


def test_standardised_data_have_mean_zero_and_variance_one_on_the_training_part():
    for data in (digits().standardised(), digits(images=True).standardised()):
        assert abs(float(data.train.X.mean())) < 1e-5
        assert float(data.train.X.std()) == pytest.approx(1, abs=1e-5)
        assert float(data.test.X.std()) == pytest.approx(1, abs=0.05)
