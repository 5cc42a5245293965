"""The screens: pages that the server writes, over a loop that never waits for them."""
