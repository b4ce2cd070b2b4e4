#!/usr/bin/env python3
"""Philox4x64-10 after Salmon et al. 2011, written from the paper's definition: what RandomStream must give.

usage: make_random_golden.py > random_philox.txt
"""

MASK = (1 << 64) - 1
MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        low0, high0 = MULTIPLIERS[0] * c[0] & MASK, MULTIPLIERS[0] * c[0] >> 64
        low1, high1 = MULTIPLIERS[1] * c[2] & MASK, MULTIPLIERS[1] * c[2] >> 64
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + WEYL[0]) & MASK, (k[1] + WEYL[1]) & MASK]
    return c


print("# seed purpose id index, then the first ten numbers (make_random_golden.py)")
for seed, purpose, task, index in [(0, 1, 0, 0), (1, 1, 0, 0), (1, 2, 0, 0), (1, 1, 1, 0), (1, 1, 0, 1),
                                   (2**64 - 1, 3, 123456789012, 42), (20250201, 2, 4095, 0)]:
    numbers = [value for block in range(3) for value in philox((block, task, index, 0), (seed, purpose))]
    print(seed, purpose, task, index, *numbers[:10])
