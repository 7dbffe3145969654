"""The grades of a whole course: components, late policy, teams, rubric marks, exports."""
