//! Steps A1 to A7 on this computer and in networks made for them.
