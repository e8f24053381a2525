"""How fast it trains, told as ratios measured in one run. Timings decide no test."""
