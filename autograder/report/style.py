"""The report's style sheet, inline because the page must work alone."""

from autograder.report.palette import FAINT, GREY, INK, OKABE_ITO, PAPER


def style_sheet() -> str:
    """CSS for light and dark screens and for print."""
    colours = "".join(f"--{name}: {value}; " for name, value in OKABE_ITO.items())
    light = f"--ink: {INK}; --paper: {PAPER}; --faint: {FAINT}; --grey: {GREY}; {_LIGHT}"
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}"
    return f":root {{ {colours}{light} }}\n{dark}\n{_RULES}"


_LIGHT = "--soft: #f4f5f6; --quiet: #55595f; --link: #0061a0; --alarm: #fff3e0;"
_DARK = (
    "--ink: #e8eaed; --paper: #16191d; --faint: #3a4048; --grey: #7d858f; "
    "--soft: #1f2429; --quiet: #a9b0b8; --link: #7cc4f5; --alarm: #3a2a10;"
)

_RULES = """
* { box-sizing: border-box; }
html { color-scheme: light dark; scroll-padding-top: 1rem; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 3rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem;
  border-top: 2px solid var(--faint); }
p { margin: .4rem 0; max-width: 46rem; }
.quiet, footer, caption { color: var(--quiet); }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible, summary:focus-visible {
  outline: 3px solid var(--orange); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0;
  margin: .75rem 0; }
.alarm { background: var(--alarm); border-left: 5px solid var(--vermillion);
  padding: .6rem .9rem; max-width: none; }
dl.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
  gap: .75rem; margin: 1rem 0; }
dl.tiles div { background: var(--soft); border-radius: 6px; padding: .6rem .8rem; }
dl.tiles dt { color: var(--quiet); font-size: .85rem; }
dl.tiles dd { margin: 0; font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
figure { margin: .75rem 0; break-inside: avoid; }
svg { display: block; width: 100%; max-width: 52rem; height: auto; stroke-linejoin: round; }
svg text { fill: var(--ink); font-family: "DejaVu Sans", Verdana, sans-serif; }
.scroll { overflow-x: auto; max-width: 100%; margin: .5rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .3rem 0; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--faint); }
thead th { border-bottom: 2px solid var(--grey); vertical-align: bottom; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 9rem; max-width: 18rem; }
.n { text-align: right; white-space: nowrap; }
.max { display: block; font-weight: 400; color: var(--quiet); }
.why { display: block; font-size: .8em; color: var(--quiet); white-space: normal; }
.strong { font-weight: 700; }
.hint { overflow-wrap: anywhere; max-width: 40rem; }
tbody tr:hover { background: var(--soft); }
tr:target { background: var(--alarm); outline: 2px solid var(--orange); }
.roster th, .roster td { padding: .25rem .45rem; }
.roster .q { white-space: normal; overflow-wrap: anywhere; max-width: 8rem; }
.many .q { writing-mode: vertical-rl; text-align: right; max-height: 12rem; max-width: none;
  vertical-align: bottom; line-height: 1.1; }
.roster .notes { min-width: 12rem; max-width: 26rem; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
details ul { margin: .25rem 0; padding-left: 1.2rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0; font-size: .85rem;
  background: var(--soft); padding: .4rem .6rem; max-height: 14rem; overflow-y: auto; }
footer { margin-top: 3rem; font-size: .85rem; border-top: 2px solid var(--faint);
  padding-top: .75rem; overflow-wrap: anywhere; }

@page { size: A4; margin: 14mm 12mm; }
@page roster { size: A4 landscape; margin: 12mm; }
@media print {
  html { color-scheme: light; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  h2 { margin-top: 1.2rem; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
  svg { max-width: 160mm; }
  dl.tiles { grid-template-columns: repeat(6, 1fr); }
  .scroll { overflow: visible; break-inside: avoid; }
  .roster .scroll, #late .scroll { break-inside: auto; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  table { font-size: 8.5pt; }
  .numbers::details-content { content-visibility: visible; block-size: auto; }
  section > p { break-after: avoid; break-inside: avoid; }
  summary { color: inherit; list-style: none; }
  .numbers > summary { display: none; }
  .roster, main:has(.roster) ~ footer { page: roster; }
  .roster table { font-size: 7.5pt; width: 100%; }
  .roster th, .roster td { padding: 1.2pt 3pt; }
  .roster .notes { min-width: 0; }
  .many table { font-size: 5.5pt; }
  .many th, .many td { padding: 1pt; }
  .many tbody th { min-width: 4rem; }
  .many details { display: none; }
}
"""
