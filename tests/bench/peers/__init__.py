"""The tutorial's loop as others of this field log it, each iteration, beside the loop without them."""
