"""PyTorch's side of compare_pytorch.py: the same commands as tvem_worker.cpp's.

The model is tvem's, written as a PyTorch user would who knows it well: one qkv product, batched attention,
the loss without permutations (cheaper than tvem's), Adam over flat tensors; one batch, no padding.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

# layers, heads, width, tasks, points, dim, components: as in ../configurations.hpp
CONFIGURATIONS = {
    "T": (2, 1, 32, 32, 50, 2, 2), "S": (3, 2, 64, 64, 100, 4, 3), "M": (6, 4, 128, 64, 100, 4, 3),
    "L": (12, 4, 128, 64, 128, 8, 5), "XL": (12, 8, 256, 32, 256, 8, 5),
}


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        tasks, points, width = x.shape
        head = width // self.heads
        q, k, v = self.qkv(self.norm1(x)).view(tasks, points, 3, self.heads, head).permute(2, 0, 3, 1, 4)
        p = torch.softmax(q @ k.transpose(-1, -2) * head ** -0.5, -1)
        x = x + self.out((p @ v).transpose(1, 2).reshape(tasks, points, width))
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


def training_step(name):
    layers, heads, width, tasks, points, dim, components = CONFIGURATIONS[name]
    model = nn.Sequential(nn.Linear(dim, width), *[Block(width, heads) for _ in range(layers)],
                          nn.LayerNorm(width), nn.Linear(width, components))
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)

    def step():
        # New data each step, as in training; drawn without any mixture, which is cheaper.
        x, labels = torch.randn(tasks, points, dim), torch.randint(0, components, (tasks * points,))
        optimizer.zero_grad(set_to_none=False)
        loss = functional.cross_entropy(model(x).reshape(-1, components), labels)
        loss.backward()
        optimizer.step()
        step.value = loss.item()

    return step


def peak_memory_mib():
    """Of this program alone: getrusage's figure starts from that of the process that started it."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def main():
    torch.set_num_threads(1)
    work = None
    for line in sys.stdin:
        command, *words = line.split()
        answer = ""
        if command == "step":
            work = training_step(words[0])
        elif command == "time":
            start = time.perf_counter()
            for _ in range(int(words[0])):
                work()
            answer = time.perf_counter() - start
        elif command == "value":
            answer = work.value
        elif command == "memory":
            answer = peak_memory_mib()
        elif command == "version":
            answer = torch.__version__
        print(answer, flush=True)


if __name__ == "__main__":
    main()
