import { describe, expect, it } from "vitest";
import { markdownFromHtml } from "./markdown.ts";

const convert = (html: string) => markdownFromHtml(html, "https://example.com/dir/page");

describe("markdownFromHtml", () => {
  it.each([
    ["<p>one</p><p>two  \n three</p>", "one\n\ntwo three"],
    ["<h1>Title</h1>text<h2></h2><p>more", "# Title\n\ntext\n\nmore"],
    ["a<b> bold </b>c <i></i>d<br>e", "a **bold** c d\ne"],
    ["x<br><b> y</b><table><tr><td><b> z</b></table>", "x\n**y**\n\n| **z** |\n| --- |"],
    ["a <b>bold</b>, <em>it</em>.", "a **bold**, *it*."],
    ['<a href="../x?a=1&amp;b=2">link</a>', "[link](https://example.com/x?a=1&b=2)"],
    ['<a href="javascript:alert(1)">no</a> <a href="#top">top</a> <a>none</a> <a href="/x"></a>', "no top none"],
    ['<a href="/card"><h3>Card</h3><p>text</p></a>after', "### Card\n\ntext\n\n(https://example.com/card)after"],
    ["<ul><li>a<li><p>b</p><ol><li>c</li><li>d</li></ol></li></ul>end", "- a\n- b\n  1. c\n  2. d\n\nend"],
    ["<blockquote><p>said</p></blockquote>", "> said"],
    ["<pre><code>x  =  1\n\n<b>y</b></code></pre>z", "```\nx  =  1\n\ny\n```\n\nz"],
    ["use <code>a  b</code> here", "use `a b` here"],
    ["<table><tr><th>a<th>b</tr><tr><td><p>1</p><td>2 <b>3</b></table>t", "| a | b |\n| --- | --- |\n| 1 | 2 **3** |\n\nt"],
    ["<img alt='a cat' src=x><img src=y>", "[image: a cat]"],
    ["x<hr>y", "x\n\n---\n\ny"],
    ["&lt;tag&gt; &amp;amp; &eacute;&#x1F99E;&nbsp;&nbsp;x", "<tag> &amp; é🦞 x"],
    ["<title> My \n page </title><p>body", "# My page\n\nbody"],
    ["<title>Same</title><h1>Same</h1>x", "# Same\n\nx"],
    ["", ""],
    ["</p></div><p>a</b></i>", "a"],
  ])("%j", (html, markdown) => expect(convert(html)).toBe(markdown));

  it("leaves out what a reader does not see", () => {
    const html =
      "<head><style>x</style><script>x</script><meta content=x></head><body>seen<script>x</script><noscript>x</noscript><template>x</template>" +
      "<div hidden>x</div><p style='Display : none'>x</p><span aria-hidden=true>x</span><svg><text>x</text></svg><!-- x --><select><option>x</select><button>x</button> too</body>";
    expect(convert(html)).toBe("seen too");
  });

  it("keeps the main part when there is one, and everything when there is none", () => {
    const around = "<nav>menu</nav>";
    expect(convert(`${around}<p>intro</p><footer>foot</footer>`)).toBe("menu\n\nintro\n\nfoot");
    const long = "word ".repeat(200).trim();
    expect(convert(`${around}<main><nav>inner</nav><p>${long}</p></main><footer>foot</footer>`)).toBe(long);
    expect(convert(`${around}<article>${long}</article>between<article>second</article>`)).toBe(`${long}\n\nsecond`);
    expect(convert(`<main>x</main><p>${long}</p>`)).toContain("word");
  });

  it.each([
    ["open elements", "<b>".repeat(300_000)],
    ["open and wrong close", "<b>".repeat(200_000) + "</i>".repeat(200_000)],
    ["open divs", "<div>".repeat(300_000)],
    ["links", "<a href=/x>a".repeat(100_000)],
    ["spaces", `a${" ".repeat(1_500_000)}b`],
    ["breaks", "<br>".repeat(400_000)],
    ["attributes", `<p ${"a=b ".repeat(300_000)}>x`],
    ["entities", "&amp;".repeat(300_000)],
    ["rows", "<tr><td>".repeat(200_000)],
    ["list items", "<ul><li>".repeat(200_000)],
    ["comments", "<!--".repeat(300_000)],
    ["angles", "<".repeat(1_500_000)],
  ])(
    "ends on a hostile page of %s",
    (_, html) => {
      expect(convert(html).length).toBeLessThan(10_000_000);
    },
    10_000,
  );
});
