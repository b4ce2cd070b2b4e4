"""Lines, labels and scales that figures share."""

import math

import numpy as np

# Lines differ in style and marker, so that the figure also reads in greyscale.
MODEL = {"color": "#08306b", "linestyle": "-", "marker": "o", "linewidth": 2.2, "zorder": 5}
POSTERIOR = {"color": "#555555", "linestyle": (0, (4, 1, 1, 1)), "marker": "*", "linewidth": 1.6}
BAYES = {"color": "#000000", "linestyle": ":", "marker": "", "linewidth": 1.6}
OTHERS = [{"color": "#d95f02", "linestyle": "--", "marker": "s"}, {"color": "#7570b3", "linestyle": "-.", "marker": "^"},
          {"color": "#1b9e77", "linestyle": (0, (5, 1)), "marker": "D"},
          {"color": "#a6761d", "linestyle": (0, (3, 1, 1, 1)), "marker": "v"},
          {"color": "#e7298a", "linestyle": (0, (1, 1)), "marker": "P"},
          {"color": "#666666", "linestyle": (0, (6, 2, 1, 2)), "marker": "X"}]
LABELS = {"layers": "layers", "heads": "attention heads", "width": "width (features of a point)",
          "separation": "separation of the means (standard deviations)", "dim": "dimension", "components": "components",
          "points": "points of a task", "pool": "pre-training tasks", "corruption": "share of wrong labels in the guess",
          "restarts": "restarts", "label_noise": "share of wrong labels in training",
          "eval_rank": "largest rank of the matrices", "eval_pruned": "share of hidden units taken out",
          "eval_pruned_units": "units taken out", "eval_layers": "loops in the evaluation",
          "inverse_temperature": "inverse temperature", "steps": "training steps", "rate": "learning rate"}
ERROR = "misclustering error (share of points)"


def is_of_model(estimator):
    return estimator.startswith("transformer")


def styles_of(estimators):
    styles, others = {}, iter(OTHERS * 10)
    for name in estimators:
        if name == "transformer":
            styles[name] = MODEL
        elif name in ("bayes", "posterior"):
            styles[name] = {"bayes": BAYES, "posterior": POSTERIOR}[name]
        else:
            styles[name] = next(others)
    return styles


def tidy(axes):
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def set_error_scale(panels):
    """Logarithmic where errors differ by more than a factor of 4, with plain numbers at the ticks."""
    lines = [line for axes in panels for line in axes.get_lines() if line.get_transform() == axes.transData
             or line.get_transform() == axes.get_yaxis_transform(which="grid")]  # none that stands upright
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in lines])
    values = values[np.isfinite(values)]
    lowest = values.min(initial=math.inf)
    values = values[values > 0]
    is_log = len(values) > 0 and lowest > 0 and values.max() > 4 * values.min()
    for axes in panels:
        if is_log:
            axes.set_yscale("log")
            low, high = axes.get_ylim()
            ticks = [digit * 10.0 ** power for power in range(-6, 1) for digit in (1, 2, 5)]
            ticks = [tick for tick in ticks if low <= tick <= high]
            if len(ticks) >= 2:
                axes.set_yticks(ticks)
                axes.set_yticklabels([f"{tick:g}" for tick in ticks])
                axes.minorticks_off()
        else:
            axes.set_ylim(bottom=0.6 * lowest if lowest > 0.3 * values.max(initial=0) else 0)
    return is_log
