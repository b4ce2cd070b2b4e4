"""What a figure cannot be drawn of."""


class FigureError(ValueError):
    """Says why results have not what a figure shows, and what to do."""
