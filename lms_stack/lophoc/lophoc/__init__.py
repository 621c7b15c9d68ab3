"""lophoc (lớp học, classroom): the LMS that is bundled with taphuan."""
