"""nbgrader as students have it: which course, and where its exchange is."""

import os

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = os.environ["TDL_COURSE"]
c.Exchange.root = os.environ["TDL_EXCHANGE"]
