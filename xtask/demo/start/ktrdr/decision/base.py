"""What can be decided."""


class Signal:
    """The three things one can do."""

    BUY = "buy"
    HOLD = "hold"
    SELL = "sell"
