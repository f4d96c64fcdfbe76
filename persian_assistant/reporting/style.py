"""The page's looks: light and dark by the reader's own setting, from 320 pixels up; nothing is loaded."""

CSS = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1c2128;--soft:#57606a;--edge:#d5dae0;
--c0:#0b6e4f;--c1:#b35900;--bar:#3d6fb4;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2228;--ink:#e8ebee;--soft:#a3adb8;
--edge:#39424c;--c0:#4cc296;--c1:#f2a65a;--bar:#7fb0ee;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);line-height:1.7;
font-family:Vazirmatn,"Segoe UI",Tahoma,"Noto Sans Arabic","DejaVu Sans",system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px 40px}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:32px 0 12px}h3{font-size:.95rem;margin:0 0 4px}
.soft,footer{color:var(--soft);font-size:.9rem}p{margin:4px 0}
.cards,.charts{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));margin:20px 0 0;
padding:0}
.charts{grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));margin:0}
.cards div,figure,.box{background:var(--card);border:1px solid var(--edge);border-radius:10px;
padding:12px 16px}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.3rem;font-weight:600}
figure{margin:0;display:flex;flex-direction:column}svg{display:block;margin-top:auto;width:100%;height:auto;direction:ltr}
.key{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.85rem;color:var(--soft);padding:0;margin:0;
list-style:none}
.key i{display:inline-block;width:22px;border-top:3px solid;vertical-align:middle;margin-inline-end:6px}
i.c0{border-color:var(--c0)}i.c1{border-color:var(--c1);border-top-style:dashed}
i.limit{border-color:var(--bad);border-top-style:dotted}
.grid{stroke:var(--edge)}.tick{fill:var(--soft);font-size:12px}.bar{fill:var(--bar)}
.line{fill:none;stroke-width:2.5}.line.c0{stroke:var(--c0)}.line.c1{stroke:var(--c1);stroke-dasharray:7 5}
.dot.c0{fill:var(--c0)}.dot.c1{fill:var(--c1)}.limit{stroke:var(--bad);stroke-width:2;stroke-dasharray:2 4}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:start;padding:6px 10px;border-bottom:1px solid var(--edge);vertical-align:top}
tr:last-child td{border-bottom:0}th{color:var(--soft);font-size:.85rem;font-weight:600}
td[dir]{overflow-wrap:anywhere}.now td{font-weight:600}
ol.past{list-style:none;margin:0;padding:0}
ol.past li{display:flex;gap:4px 14px;padding:6px 0;border-bottom:1px solid var(--edge)}
ol.past li:last-child{border-bottom:0}
ol.past time{color:var(--soft);flex:0 0 9.5em;font-variant-numeric:tabular-nums}
.published b{color:var(--c0)}.rejected b,.failed b,.forgotten b,.rolled_back b{color:var(--bad)}
li b{flex:0 0 6.5em}summary{cursor:pointer;color:var(--soft);padding:6px 0}
footer{margin-top:32px}
@media (max-width:640px){thead{display:none}
tr{display:block;padding:8px 0;border-bottom:1px solid var(--edge)}
tr:last-child{border-bottom:0}td{display:flex;justify-content:space-between;gap:12px;border:0;padding:2px 0}
td::before{content:attr(data-label);color:var(--soft);flex:none}ol.past li{flex-wrap:wrap}
ol.past time{flex:0 0 auto}li span{flex:1 0 100%}}
@media print{body{background:#fff}.cards div,figure,.box{break-inside:avoid}}
"""
