"""otter-grader: a student's folder for its checks, and an autograder zip that our judge grades."""
