"""What the network achieves, in numbers that open their lists."""
