//! Steps C1 and C2 and the ghost host against servers of the test.
