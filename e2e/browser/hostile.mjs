// Texts that browsers, templates, terminals and spreadsheets have obeyed elsewhere.
// Every one that is obeyed here calls a dialog, sets window.hacked or breaks the page's policy.
const act = ["alert(1)", "window.hacked=1"];
const elements = ["img src=x", "svg", "body", "iframe src=about:blank", "video src=x", "audio src=x", "input autofocus", "details open", "marquee", "math", "object data=x", "select autofocus",
  "textarea autofocus", "style", "link rel=stylesheet href=x", "embed src=x"];
const handlers = ["onload", "onerror", "onfocus", "ontoggle", "onmouseover", "onanimationstart", "onbegin"];

const elementsThatAct = elements.flatMap((e, i) => handlers.map((h, j) => `<${e} ${h}=${act[(i + j) % 2]}>`));
const breakouts = ['"', "'", "`", "</title>", "</textarea>", "</style>", "</script>", "-->", "]]>", "</a>", "</template>", "</noscript>", '" autofocus onfocus=alert(1) x="', "' onmouseover=alert(1) y='",
  "\"><x onclick=alert(1)>", "{{", "\u2028", "\u2029"].map((b) => `${b}<script>${act[0]}</script>`);
const addresses = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)", "javascript&colon;alert(1)", "vbscript:msgbox(1)",
  "data:text/html,<script>alert(1)</script>", "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+", "//evil.test/x", "\\\\evil.test\\x", "https://user:pass@evil.test/", "blob:x", "file:///etc/passwd", "http://evil.test/%0d%0aSet-Cookie:x=1"];
const markdown = addresses.map((a) => `[click](${a})`).concat(addresses.map((a) => `![see](${a})`), addresses.map((a) => `<${a}>`), ["<div><script>alert(1)</script>", "<img src=x onerror=alert(1)>\n\ntext", "[a]: javascript:alert(1)\n[a]",
  "[x](<javascript:alert(1)>)", "`<script>alert(1)</script>`", "```html\n<script>alert(1)</script>\n```", "| a |\n|---|\n| <script>alert(1)</script> |", "[^1]\n\n[^1]: <script>alert(1)</script>", "@<script>alert(1)</script>"]);
const templates = ["{{.}}", "{{env \"HOME\"}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{constructor.constructor('alert(1)')()}}", "[[${7*7}]]", "{% include 'x' %}", "*{7*7}", "@(7*7)", "{7*7}"];
const keys = ["__proto__", "constructor", "prototype", "__proto__[x]", "constructor.prototype.x", "toString", "hasOwnProperty", "__defineGetter__"];
const others = ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1+1)", "\u001b[2J\u001b]8;;http://evil.test\u0007", "\u202egnp.exe", "\u0000null", "\ud83d\ude80".repeat(40), "A".repeat(600), "a\r\nSet-Cookie: x=1", "<!--#exec cmd=\"ls\"-->", "../../../etc/passwd",
  "%3Cscript%3Ealert(1)%3C/script%3E", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e", "<scr<script>ipt>alert(1)</scr</script>ipt>", "<svg/onload=alert(1)//", "<a href=\"&#x6a;avascript:alert(1)\">x</a>",
  "<form action=javascript:alert(1)><button>x", "<base href=//evil.test/>", "<meta http-equiv=refresh content=0;url=//evil.test>", "<style>@import '//evil.test/x.css';</style>", "' OR '1'='1", "'; DROP TABLE people; --", "$(touch /tmp/x)", "`id`", "|id", "﷽".repeat(20), "Z̸͎̀a̵l̷g̶o̴".repeat(10)];

export const hostile = [...elementsThatAct, ...breakouts, ...addresses, ...markdown, ...templates, ...keys, ...others];
