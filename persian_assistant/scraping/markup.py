"""How forums mark up their pages: tables only. A new engine is a new row."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Engine:
    """CSS selectors of one forum program; `body` and `author` are looked for inside `post`."""

    name: str
    post: str
    body: str
    author: str = ""
    accepted: str = ""
    """Matches the post, or something in it, where the asker accepted it."""
    thread: str = ""
    """Links to threads on a listing."""
    board: str = ""
    """Links to further listings."""


ENGINES = (
    Engine(
        "xenforo",
        post="article.message--post, li.message",
        body=".message-body .bbWrapper, .messageText",
        author=".message-name .username, .userText .username",
        accepted=".message--solution",
        thread=".structItem-title a[href*='threads/'], .structItem-title a[data-preview-url], "
        ".discussionListItem .title a.PreviewTooltip",
        board=".node-title a, .nodeTitle a",
    ),
    Engine(
        "invision",
        post="article.ipsComment, article.ipsEntry",
        body="[data-role=commentContent], .ipsRichText",
        author=".cAuthorPane_author, .ipsEntry__username",
        accepted=".ipsComment_solved, .cSolvedPost",
        thread=".ipsDataItem_title a[href*='/topic/'], .ipsData__title a[href*='/topic/']",
        board=".cForumTitle a, .cForumRow .ipsDataItem_title a",
    ),
    Engine(
        "phpbb",
        post="div.post[id^=p]",
        body=".content",
        author=".author .username, .author a[class*=username], .postprofile .username",
        thread="a.topictitle",
        board="a.forumtitle",
    ),
    Engine(
        "mybb",
        post="div.post[id^=post_], table[id^=post_]",
        body="div.post_body",
        author=".author_information .largetext, .post_author strong",
        thread="span[class*=subject_] a[id^=tid_], span[id^=tid_] a",
        board="td[class*=trow] strong a[href*=forum]",
    ),
    Engine(
        "smf",
        post="div.post_wrapper",
        body="div.post .inner, div[id^=msg_].inner",
        author=".poster h4",
        thread="span[id^=msg_] a, .topic_details a, .recent_title a",
        board="a.subject[href*=board], a.subject[id^=b]",
    ),
    Engine(
        "vbulletin",
        post="li.postcontainer, li.postbit, li.postbitlegacy, li.b-post, table[id^=post]",
        body=".postcontent, .js-post__content-text, div[id^=post_message_]",
        author=".username, a.bigusername, .author a",
        thread="a[id^=thread_title_], a.topic-title",
        board=".forumtitle a, td[id^=f] a[href*=forumdisplay], a.forum-title",
    ),
    Engine(
        "discourse",
        post="div.crawler-post, article[data-post-id]",
        body=".post, .cooked",
        author=".creator [itemprop=name], .names .username",
        accepted=".accepted-answer",
        thread="a.raw-topic-link, a.title.raw-link, .topic-list-item .main-link a.title, "
        "[itemtype$=ItemList] [itemprop=itemListElement] a[itemprop=url]",
        board="a.category-title-link",
    ),
    Engine(
        "flarum",
        post="#flarum-content article, article.CommentPost",
        body=".Post-body",
        author="h2, .PostUser-name",
        thread="#flarum-content li a[href*='/d/'], a.DiscussionListItem-main",
        board="a.TagTile-info",
    ),
    Engine(
        "bbpress",
        post=".bbp-body div.topic, .bbp-body div.reply, div.type-topic, div.type-reply",
        body=".bbp-topic-content, .bbp-reply-content",
        author=".bbp-author-name",
        thread="a.bbp-topic-permalink",
        board="a.bbp-forum-title",
    ),
    Engine(
        "nodebb",
        post="li[component=post]",
        body="[component='post/content']",
        author="[data-username]",
        thread="[component='category/topic'] h3 a, [component='topic/header'] a",
        board="[component='categories/category'] h2 a",
    ),
    Engine(
        "question2answer",
        post="div.qa-q-view, div.qa-a-list-item",
        body=".qa-q-view-content, .qa-a-item-content",
        author=".qa-q-view-who-data, .qa-a-item-who-data",
        accepted=".qa-a-list-item-selected, .qa-a-selected",
        thread=".qa-q-item-title a",
        board=".qa-browse-cat-link",
    ),
    Engine(
        "stack exchange",
        post="div.question[data-questionid], div.answer[data-answerid]",
        body=".js-post-body, .s-prose, .post-text",
        author=".post-signature .user-details a",
        accepted=".accepted-answer",
        thread="a.question-hyperlink, .s-post-summary--content-title a",
    ),
)

TITLES = (
    ".topic-title, .p-title-value, .thread-title, .threadtitle, .entry-title, .ipsType_pageTitle",
    "[itemprop=headline], h1 [itemprop=name], h1",
    "h2",
    "title",
)
"""Where a thread's title stands; the first row that holds text is taken."""

MENUS = (
    "script, style, template, iframe, object, svg, canvas, nav, aside, dialog, "
    "input, select, textarea, button, "
    "[role=navigation], [role=banner], [role=contentinfo], [role=search], [role=complementary], "
    "[hidden], [aria-hidden=true], [style*='display:none'], [style*='display: none'], "
    ".sidebar, #sidebar, .menu, #menu, .breadcrumb, .breadcrumbs, .pagination, .cookie-notice, "
    ".share-buttons, .ad, .ads, .advert, .advertisement, .adsbygoogle, .banner, "
    "[id^=google_ads], [class^=ad-], [class*=' ad-']"
)
"""What is no part of a page's text wherever it stands."""

ASIDES = (
    ".signature, .sig, .post-signature, .message-signature, .ipsComment_signature, .signaturecontainer, "
    ".post_signature, .quote, .quotecontent, .quoteheader, .bbcode_quote, .bbcode_container, "
    ".bbCodeBlock--quote, .mycode_quote, .ipsQuote, blockquote:not(.postcontent):not(.messageText), "
    ".edited, .editedby, .lastEdited, .message-lastEdit, .post_edit, .notice, .attachments, .attachbox, "
    "figcaption, .bbCodeBlock-expandLink, .post-menu-area, .likes, .meta, .bbp-reply-revision-log, "
    ".bbp-topic-revision-log, h1, .crawler-post-meta, .js-selectToQuote"
)
"""What is no part of a post's own words: signatures, quotations, marks of edits."""

THREAD_TYPES = {
    "Question": (("acceptedAnswer", "suggestedAnswer"), "Answer"),
    "DiscussionForumPosting": (("comment",), "Comment"),
    "SocialMediaPosting": (("comment",), "Comment"),
}
"""schema.org: what a thread may be, the keys of its replies, and their type."""

NEXT_LINKS = (
    "link[rel~=next], a[rel~=next], li.next a, a.next, .next > a, a.pageNav-jump--next, a.pagination_next, "
    ".ipsPagination_next a, a.next-page, a.bbp-next"
)
NEXT_WORDS = frozenset(
    {"بعدی", "صفحه بعد", "صفحهٔ بعد", "صفحه بعدی", "صفحهٔ بعدی", "برگه بعد", "برگه بعدی"}
    | {"next", "next page", "older"}
)
PAGERS = "[class*=pag], [id*=pag], [class*=Pag]"
CURRENT = ".active, .current, .pagination_current, .pageNav-page--current, [aria-current], strong, b, span"

THREAD_URL = re.compile(
    r"(showthread|viewtopic|/topics?/|/threads?/|/t/|/d/\d|/questions?/|/discussions?/|/forum/post/"
    r"|[?&](topic|thread|tid|t|question|qid)=\w)",
    re.I,
)
NO_THREAD_URL = re.compile(
    r"(login|logout|regist|sign-?(in|up)|search|member|/users?/|profile|/tags?/|/tagged/|rss|feed|print|report"
    r"|newreply|new-?thread|privacy|terms|about|contact|\.(jpe?g|png|gif|webp|pdf|zip|rar|mp[34]|apk|css|js)\b)",
    re.I,
)
SHORTEST_TITLE = 8
"""Letters a link's text must have to be taken for a thread's title where no engine is known."""

BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset"}
    | {
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
    }
    | {"pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
"""Elements whose text stands on lines of its own."""
