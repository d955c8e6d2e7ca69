"""A crawler: follows every link from the page that it is given, and writes each page's title, or why there is none."""
import html.parser, json, sys, urllib.error, urllib.parse, urllib.request


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.title, self.is_title = [], '', False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.is_title = tag == 'title'
        if tag == 'a':
            self.links.append(dict(attributes)['href'])

    def handle_data(self, data):
        if self.is_title:
            self.title, self.is_title = data, False


found, left = {}, [sys.argv[1]]
while left:
    url = left.pop(0)
    if url in found:
        continue
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            page = Page(answer.read().decode())
        found[url] = page.title
        left += [urllib.parse.urljoin(url, link) for link in page.links]
    except urllib.error.URLError as error:
        found[url] = type(error.reason).__name__
with open('/output/pages.json', 'w') as file:
    json.dump(found, file)
