#!/usr/bin/env python3
"""What it takes to train the quickstart's Transformer to an error, by the recipe of paper.ini and by that of quickstart.ini;
and after how many tasks that is cheaper than EM or Lloyd.

usage: recipe.py TVEM [--out DIR] [--ranks R] [--seeds N] [--tasks N] [--paper STEPS,...] [--quickstart STEPS,...]

Each length of training is a training of its own, with its own cosine to 0 and a warm-up of a twentieth of it. Steps, seconds
and operations to an error are those of the shortest training whose error on the test tasks is at most that; of these the median
over seeds. Seconds are those of one core. Operations are 2 m n k of every matrix product. Started again, it goes on. Needs h5py.
"""

import argparse
import configparser
import glob
import os
import statistics
import subprocess

import h5py
import numpy as np

CONFIGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments", "configs")
TARGETS = (0.1165, 0.110, 0.1054, 0.1045, 0.1030, 0.1020)
RESTARTS = (1, 2, 5, 10, 20, 50, 100)
OPPONENTS = {"EM": "em:restarts={}", "EM, told sigma, weights and prior": "em:restarts={}:known=variance+weights+means_prior",
             "Lloyd": "lloyd:restarts={}"}


def flops_of_step(tasks=64, points=50, width=32, layers=4, dim=2, components=3):
    """As tests/bench/configurations.hpp counts them, of the quickstart's model."""
    rows = tasks * points
    layer = 2 * rows * width * 12 * width + 4 * rows * points * width
    return 3 * (layers * layer + 2 * rows * width * (dim + components)) - 2 * rows * dim * width


def sweep(arguments, name, config, *words):
    command = ["mpiexec", "-n", str(arguments.ranks), arguments.tvem, "sweep", "--groups", str(arguments.ranks), "--out",
               os.path.join(arguments.out, name), "--config", os.path.join(CONFIGS, config), "--eval.tasks", str(arguments.tasks),
               "--train.evaluate_every", "0", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def trainings(arguments, name, config, lengths):
    """steps -> seed -> error and seconds of a training."""
    pairs = ", ".join(f"{steps} & {steps // 20}" for steps in lengths)
    sweep(arguments, name, config, "--eval.estimators", "transformer", "--sweep.train.steps&train.warmup", pairs,
          "--sweep.run.seed", f"1..{arguments.seeds}")
    found = {steps: {} for steps in lengths}
    for path in sorted(glob.glob(os.path.join(arguments.out, name, "*", "run.h5"))):
        with h5py.File(path) as file:
            if "evaluation" not in file:
                continue
            state, settings = file["state"].attrs, configparser.ConfigParser()
            settings.read_string(file["config"].attrs["text"])
            error = float(np.mean(file["evaluation/error"][0]))
            found[int(state["steps_done"])][settings.getint("run", "seed")] = error, float(state["training_seconds"])
    return found


def least(found, target):
    """Median over seeds of the steps and seconds of the shortest training at the target; infinite where none is."""
    steps, seconds = [], []
    for seed in next(iter(found.values())):
        reached = [(length, runs[seed][1]) for length, runs in sorted(found.items()) if runs[seed][0] <= target]
        steps.append(reached[0][0] if reached else float("inf"))
        seconds.append(reached[0][1] if reached else float("inf"))
    return statistics.median(steps), statistics.median(seconds)


def print_errors(name, found):
    print(f"\n{name}: error after the whole training, mean over {len(next(iter(found.values())))} seeds (s.d.), seconds of a core")
    for steps, runs in sorted(found.items()):
        errors = [error for error, _ in runs.values()]
        spread = statistics.stdev(errors) if len(errors) > 1 else float("nan")
        print(f"{steps:8d}  {statistics.mean(errors):.4f} ({spread:.4f})  {statistics.median(s for _, s in runs.values()):7.1f}")


def print_targets(recipes):
    print("\nshortest training to an error, median over seeds: steps, seconds of a core, 10^12 operations")
    print("   error" + "".join(f"{name:>34}" for name in recipes))
    for target in TARGETS:
        line = f"{target:8.4f}"
        for found in recipes.values():
            steps, seconds = least(found, target)
            line += (f"{'not in ' + str(max(found)) + ' steps':>34}" if steps == float("inf") else
                     f"{steps:16.0f} {seconds:8.1f} {steps * flops_of_step() / 1e12:8.2f}")
        print(line)


def opponents(arguments):
    """(name, restarts) -> error and seconds a task; and the Transformer's seconds a task."""
    specifications = [text.format(r) for text in OPPONENTS.values() for r in RESTARTS]
    folder = os.path.join(arguments.out, "opponents")
    subprocess.run([arguments.tvem, "run", "--config", os.path.join(CONFIGS, "quickstart.ini"), "--out", folder, "--train.steps", "20",
                    "--train.warmup", "1", "--eval.tasks", str(arguments.tasks), "--eval.estimators",
                    ", ".join(["transformer", *specifications])], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(os.path.join(folder, "run.h5")) as file:
        error, seconds = file["evaluation/error"][()].mean(axis=1), file["evaluation/seconds"][()].mean(axis=1)
    keys = [(name, r) for name in OPPONENTS for r in RESTARTS]
    return {key: (error[1 + i], seconds[1 + i]) for i, key in enumerate(keys)}, seconds[0]


def print_break_even(found, others, of_task):
    print(f"\nbreak-even: a task costs the Transformer {1e3 * of_task:.3f} ms of a core, after its training")
    print("   steps   error   opponent with the fewest restarts that reach it, ms a task, tasks from which training pays")
    for steps, runs in sorted(found.items()):
        error, training = (average(values) for average, values in zip((statistics.mean, statistics.median), zip(*runs.values())))
        for name in OPPONENTS:
            reached = [(r, *others[name, r]) for r in RESTARTS if others[name, r][0] <= error]
            answer = f"{name}: none with up to {RESTARTS[-1]} starts"
            if reached:
                restarts, _, seconds = reached[0]
                pays = f"{training / (seconds - of_task):.0f}" if seconds > of_task else "never"
                answer = f"{name} x {restarts}, {1e3 * seconds:.3f}, {pays}"
            print(f"{steps:8d}  {error:.4f}   {answer}")


def lengths(text):
    return sorted(int(word) for word in text.split(","))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("tvem")
parser.add_argument("--out", default="results/recipe")
parser.add_argument("--ranks", type=int, default=2)
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("--tasks", type=int, default=8192)
parser.add_argument("--paper", type=lengths, default="1000,2000,4000,8000")
parser.add_argument("--quickstart", type=lengths, default="125,250,500,1000,2000,6000")
asked = parser.parse_args()
recipes_found = {"paper.ini": trainings(asked, "paper", "paper.ini", asked.paper),
                 "quickstart.ini": trainings(asked, "quickstart", "quickstart.ini", asked.quickstart)}
for recipe, of_recipe in recipes_found.items():
    print_errors(recipe, of_recipe)
print_targets(recipes_found)
print_break_even(recipes_found["quickstart.ini"], *opponents(asked))
