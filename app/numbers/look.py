"""How charts look: colours that people with any colour vision tell apart (Okabe and Ito), light and dark.

A chart is a picture of its own: a page's style sheet does not reach into it. What draws the PNG knows neither media
queries nor variables, so the light colours are the plain ones, and the dark ones stand behind.
"""

from typing import Final

FONT: Final = (
    'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","PingFang SC","Noto Sans CJK SC","Noto Sans SC",'
    '"Microsoft YaHei","WenQuanYi Micro Hei",sans-serif'
)
SIZE: Final = 14  # of text, in the picture's own units
TITLE_SIZE: Final = 18
PAPER: Final = "#ffffff"

# What is second is hatched: two grey prints of the colours would be alike.
DEFS: Final = (
    '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="7" height="7"/><rect class="hatch-line" width="2.5" height="7"/></pattern>'
)

STYLE: Final = f"""
text {{ font-family: {FONT}; font-size: {SIZE}px; fill: #5f5c55; }}
.title {{ font-size: {TITLE_SIZE}px; font-weight: 600; fill: #1d1c1a; text-anchor: middle; }}
.background {{ fill: none; }}
.axis.x text {{ text-anchor: middle; }}
.axis.y text {{ text-anchor: end; }}
.axis .line {{ fill: none; stroke: none; }}
.axis.always_show .guide.line {{ stroke: #d9d5cc; stroke-width: 1; }}
.axis.always_show .axis.line {{ stroke: #8b867c; stroke-width: 1; }}
.names text, .names .axis text {{ fill: #1d1c1a; }}
text.value {{ fill: #1d1c1a; font-weight: 600; }}
text.value.top {{ text-anchor: middle; }}
text.end {{ fill: #1d1c1a; font-weight: 600; text-anchor: start; }}
.is-main .line {{ fill: none; stroke: #0072b2; stroke-width: 3; stroke-linejoin: round; }}
.is-main .area {{ fill: #0072b2; fill-opacity: .12; stroke: none; }}
.is-second .line {{ fill: none; stroke: #d55e00; stroke-width: 2.5; stroke-dasharray: 2 5; stroke-linecap: round; }}
.is-limit .line {{ fill: none; stroke: #5f5c55; stroke-width: 2; stroke-dasharray: 9 5; }}
.is-main .dot, .is-main .rect {{ fill: #0072b2; stroke: none; }}
.is-second .dot {{ fill: #d55e00; stroke: none; }}
.is-second .rect {{ fill: url(#hatch); stroke: #d55e00; stroke-width: 1; }}
.is-limit .dot {{ fill: none; stroke: none; }}
.hatch-ground {{ fill: #fbe3d2; }}
.hatch-line {{ fill: #d55e00; }}
"""
DARK: Final = """
@media screen and (prefers-color-scheme: dark) {
text { fill: #aaa89f; }
.title, .names text, .names .axis text, text.value, text.end { fill: #ecebe5; }
.axis.always_show .guide.line { stroke: #3c4038; }
.axis.always_show .axis.line { stroke: #7d8177; }
.is-main .line { stroke: #56b4e9; }
.is-main .area, .is-main .dot, .is-main .rect { fill: #56b4e9; }
.is-second .line { stroke: #f0a45d; }
.is-second .dot { fill: #f0a45d; }
.is-second .rect { stroke: #f0a45d; }
.is-limit .line { stroke: #aaa89f; }
.hatch-ground { fill: #3b2a1a; }
.hatch-line { fill: #f0a45d; }
}
"""
