"""The policy of feedback pages: in every head, first, and the page's own scripts are gone."""

from __future__ import annotations

import pytest

from autograder.errors import CourseError
from autograder.targets.feedback import POLICY, with_names, with_policy


def test_the_policy_is_the_first_thing_in_the_head() -> None:
    """What stands before a policy is not bound by it; scripts of the page's own are taken out."""
    head = "<script src='a.js'></script><title>t</title><SCRIPT\n>x()</script ><style>p{}</style>"
    page = with_policy(f"<!DOCTYPE html><html><head lang='en'>{head}</head><body>b</body></html>")
    inner = page.partition("<head lang='en'>")[2].partition("</head>")[0]
    assert inner.strip().startswith('<meta http-equiv="Content-Security-Policy"')
    assert "script" not in inner.lower()
    assert "<style>p{}</style>" in inner and page.endswith("<body>b</body></html>")


def test_nothing_is_allowed_but_styles_and_images_in_the_page() -> None:
    """No script source at all, and no address outside."""
    assert POLICY.startswith("default-src 'none';")
    assert "script-src" not in POLICY and "http" not in POLICY and "*" not in POLICY


def test_a_page_without_a_head_does_not_go_out() -> None:
    """A template without one is an error, not a page without a policy."""
    with pytest.raises(CourseError, match="must have a head"):
        with_policy("<p>bare</p>")


def test_the_list_of_marks_names_the_questions() -> None:
    """And leaves out an answer whose points stand elsewhere."""
    entries = (
        '<li><a href="#q2">Test cell</a> (Score: 7.5 / 12.0)</li>\n'
        '<li><a href="#q1-answer">Written response</a> (Score: 0.0 / 0.0)</li>\n'
        '<li><a href="#comment-q1">Comment</a></li>'
    )
    page = with_names(f'<div id="toc"><ol>{entries}</ol></div><p>Test cell</p>')
    assert '<a href="#q2">q2</a> (Score: 7.5 / 12.0)' in page
    assert '<a href="#comment-q1">q1: comment</a>' in page
    assert "q1-answer" not in page and "<p>Test cell</p>" in page
