"""training.EnsembleTrainer: single networks, trained by `fit`'s library torch.optim, as oracles."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from tdlcourse.ensemble import minibatches
from tdlcourse.training import EnsembleTrainer, Examples, digits


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Beside a busy neighbour two threads take fifty times as long for a small network as one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def data():
    train = digits().train
    return Examples(train.X[:200], train.y[:200])


def trainer(**changes):
    settings = {"hidden": [(8,), (5, 6)], "seeds": [0, 3], "rates": [0.1, 0.3, 0.5]}
    return EnsembleTrainer(64, 10, **(settings | changes))


def test_members_are_every_combination():
    members = trainer().members
    assert len(set(members)) == 12
    assert members[0] == ((8,), 0, 0.1) and members[-1] == ((5, 6), 3, 0.5)


def test_each_member_is_what_a_loop_with_torch_gives(data):
    many = trainer()
    many.fit(data, steps=30, batch_size=20)
    for k in (1, 4, 9, 11):
        member = many.members[k]
        alone = trainer(hidden=[member.hidden], seeds=[member.seed], rates=[member.rate])
        tensors = [t.clone().requires_grad_() for layer in alone.layers(0) for t in layer]
        optimizer = torch.optim.SGD(tensors, lr=member.rate)
        for batch in minibatches(200, 20, 30, [member.seed])[0]:
            x = data.X[batch]
            for i in range(0, len(tensors), 2):
                x = x @ tensors[i].T + tensors[i + 1]
                x = torch.relu(x) if i + 2 < len(tensors) else x
            optimizer.zero_grad()
            cross_entropy(x, data.y[batch]).backward()
            optimizer.step()
        ours = [t for layer in many.layers(k) for t in layer]
        torch.testing.assert_close(ours, [t.detach() for t in tensors], rtol=1e-4, atol=1e-5)


def test_two_calls_equal_one_longer_call(data):
    once, twice = trainer(), trainer()
    once.fit(data, steps=25, batch_size=20)
    twice.fit(data, steps=12, batch_size=20)
    twice.fit(data, steps=13, batch_size=20)
    assert torch.equal(once.losses, twice.losses) and once.losses.shape == (12, 25)
    assert torch.equal(once.accuracies(data), twice.accuracies(data))


def test_trained_members_classify(data):
    many = trainer(hidden=[(16,)])
    before = many.accuracies(data)
    many.fit(data, steps=300, batch_size=20)
    assert many.accuracies(data).shape == (6,)
    assert float(before.max()) < 0.4 and float(many.accuracies(data).min()) > 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": []}, "hidden must be"),
        ({"hidden": [(8,), (8,)]}, "hidden must be"),
        ({"rates": [0.0]}, "rates must be"),
        ({"seeds": []}, "seeds and rates must be"),
    ],
)
def test_wrong_grids_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        trainer(**change)
