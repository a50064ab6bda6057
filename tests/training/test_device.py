import pytest
import torch

from textssl.training.device import best_device, has_bfloat16, local_rank, own_randomness


def test_the_rank_is_the_one_torchrun_sets(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert local_rank() == 0
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert local_rank() == 3


@pytest.mark.parametrize(("has_gpu", "device"), [(True, "cuda:2"), (False, "cpu")])
def test_the_device_is_the_gpu_of_the_rank_or_the_processor(has_gpu, device, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert str(best_device()) == device


@pytest.mark.parametrize("capabilities", [{"avx512_bf16": True}, {"avx512_bf16": False}, {}])
def test_bfloat16_on_a_processor_is_what_it_has_instructions_for(capabilities, monkeypatch):
    assert isinstance(has_bfloat16(torch.device("cpu")), bool)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert has_bfloat16(torch.device("cpu")) is capabilities.get("avx512_bf16", False)


def test_a_block_with_a_seed_is_repeatable_and_restores_the_random_state():
    before = torch.get_rng_state()
    with own_randomness(seed=5):
        first = torch.rand(3)
    with own_randomness(seed=5):
        torch.testing.assert_close(torch.rand(3), first, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_block_without_a_seed_goes_on_from_the_random_state_and_restores_it():
    with own_randomness():
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), first)


def test_the_random_state_is_restored_after_an_error():
    @own_randomness(seed=1)
    def draw():
        torch.rand(3)
        raise KeyboardInterrupt

    before = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        draw()
    assert torch.equal(torch.get_rng_state(), before)
