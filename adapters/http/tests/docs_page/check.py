"""Opens the page /docs of a running application in Chromium, calls one operation through it, and takes pictures.

    check.py [--url URL] [--operation ID] [--status 200] [--holds TEXT] [--library] [--picture FILE] [--pictures FOLDER] [-- PROGRAM ..]

Without --url it starts PROGRAM and waits for the line `ready: http at URL`.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from urllib.parse import quote

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --force-color-profile=srgb""".split()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", help="of an application that runs")
    parser.add_argument("--operation", help="the operationId to call; default: the first that takes GET")
    parser.add_argument("--status", default="200", help="the status that it answers")
    parser.add_argument("--holds", default="", help="what stands in its answer")
    parser.add_argument("--library", action="store_true", help="the application is the example `docs`: look at all that it has")
    parser.add_argument("--picture", help="where a picture of the page after the call goes")
    parser.add_argument("--pictures", help="a folder for pictures of everything: light and dark, wide and narrow")
    own, _, program = partition(sys.argv[1:])
    given = parser.parse_args(own)
    given.program = program
    return given


def partition(words):
    at = words.index("--") if "--" in words else len(words)
    return words[:at], None, words[at + 1 :]


def start(program):
    """Starts the application; answers with its process and its address."""
    process = subprocess.Popen(program, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True)
    for line in process.stderr:
        sys.stderr.write(line)
        if line.startswith("ready: http at "):
            # What it says later must not fill the pipe.
            threading.Thread(target=lambda: process.stderr.read(), daemon=True).start()
            return process, line.split(" at ", 1)[1].strip()
    raise SystemExit("the application ended before it was ready")


def browser(folder):
    options = webdriver.ChromeOptions()
    for flag in FLAGS + [f"--user-data-dir={folder}"]:
        options.add_argument(flag)
    for binary in ("/usr/bin/chromium", "/usr/bin/google-chrome"):
        if os.path.exists(binary):
            options.binary_location = binary
            break
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = "/usr/bin/chromedriver"
    service = webdriver.ChromeService(driver) if os.path.exists(driver) else webdriver.ChromeService()
    return webdriver.Chrome(options=options, service=service)


class Page:
    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self, where=""):
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/docs{where}")
        self.wait("main h1")

    def wait(self, css, seconds=15):
        wanted = lambda driver: driver.find_elements(By.CSS_SELECTOR, css)
        return WebDriverWait(self.driver, seconds).until(wanted, f"no `{css}`")[0]

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def send(self):
        self.wait(".try button[type=submit]").click()
        status = self.wait(".result .status")
        ended = lambda driver: driver.find_element(By.CSS_SELECTOR, ".try button[type=submit]").is_enabled()
        WebDriverWait(self.driver, 30).until(ended, "the answer does not end")
        return status.text, self.wait(".result").text

    def look(self, width, height, scheme):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 2 if width < 600 else 1, "mobile": width < 600},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def shoot(self, file):
        time.sleep(0.3)
        self.driver.save_screenshot(file)

    def faults(self):
        """What the console complains about; that a call is answered by a problem is no fault of the page."""
        called = "Failed to load resource"
        logged = self.driver.get_log("browser")
        return [own["message"] for own in logged if own["level"] in ("SEVERE", "WARNING") and called not in own["message"]]


def check(page, document, given):
    operations = {
        own["operationId"]: (method, own) for path in document["paths"].values() for method, own in path.items()
    }
    wanted = given.operation or next(name for name, (method, _) in operations.items() if method == "get")
    page.look(1440, 900, "light")

    page.open()
    title = page.all("main h1")[0].text
    assert title == document["info"]["title"], f"{title}: {page.all('main')[0].text} {page.faults()}"
    assert len(page.all(".rows a")) == len(operations), "the overview does not list every operation"
    assert len(page.all("#contents a")) == len(operations)

    # Search by keyboard: `/`, some letters, Enter.
    page.driver.find_element(By.TAG_NAME, "body").send_keys("/")
    field = page.driver.switch_to.active_element
    assert field.get_attribute("id") == "search", "`/` does not lead to the search"
    field.send_keys(wanted)
    shown = [own.text for own in page.all("#contents a") if own.is_displayed()]
    assert shown and len(shown) <= len(operations), shown
    field.send_keys(Keys.ENTER)
    page.wait(".operation")

    # A deep link, and a call.
    page.open(f"#{quote(wanted)}")
    page.wait(".operation")
    assert page.all("#contents a[aria-current=page]"), "the contents do not show where one is"
    status, text = page.send()
    assert status.startswith(given.status), f"{wanted} answers {status}: {text}"
    assert given.holds in text, f"{wanted} answers without `{given.holds}`: {text}"
    if given.picture:
        page.driver.execute_script("document.activeElement.blur()")
        page.shoot(given.picture)

    # Every operation can be shown, and none writes HTML of its own, runs a script, or changes the title.
    for name, (_, own) in operations.items():
        page.driver.execute_script("location.hash = arguments[0]", f"#{quote(name)}")
        WebDriverWait(page.driver, 5).until(lambda driver: driver.title.startswith(name), f"{name} is not shown")
        for branch in page.all("main details"):
            page.driver.execute_script("arguments[0].open = true", branch)
        strange = page.driver.execute_script("return document.querySelectorAll('main script, main img, main b, main iframe').length")
        assert strange == 0, f"{name} brings elements of its own"
        links = page.driver.execute_script("return [...document.querySelectorAll('a')].map((own) => own.getAttribute('href'))")
        assert all(link.startswith(("#", "http://", "https://", "openapi.json")) for link in links), links
        wide = page.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is wider than the window by {wide}"
    page.look(390, 844, "light")
    for name in operations:
        page.driver.execute_script("location.hash = arguments[0]", f"#{quote(name)}")
        WebDriverWait(page.driver, 5).until(lambda driver: driver.title.startswith(name), f"{name} is not shown")
        wide = page.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is wider than a narrow window by {wide}"
    # There, the contents open by a button, and close behind whoever chose.
    assert not page.wait("#search").is_displayed()
    page.wait("#menu").click()
    next(own for own in page.all("#contents a") if own.is_displayed()).click()
    WebDriverWait(page.driver, 5).until(lambda _: not page.wait("#search").is_displayed(), "the contents do not close")
    return wanted


def library(page):
    """What only the example has: a stream, files, a version, credentials, a hostile text."""
    page.look(1440, 900, "light")

    def to(name):
        page.open(f"#{name}")
        page.wait(".operation")

    def put(name, text):
        field = page.wait(f".try [name='{name}']")
        field.clear()
        field.send_keys(text)

    to("AddScore")
    status, text = page.send()
    assert status.startswith("201") and "Goldberg Variations" in text, text

    to("RenameScore")
    put("id", "2")
    put("If-Match", '"1"')
    status, text = page.send()
    assert status.startswith("200") and '"version": 2' in text, text
    status, text = page.send()
    assert status.startswith("412"), text

    # The first item is there while the others are still to come.
    to("Beats")
    put("bars", "1")
    put("wait", "700")
    page.wait(".try button[type=submit]").click()
    assert '"number":1' in page.wait(".result pre", 3).text
    assert '"number":4' not in page.wait(".result pre").text
    WebDriverWait(page.driver, 10).until(lambda _: '"number":4' in page.wait(".result pre").text, "the stream does not end")
    # And it can be stopped.
    put("wait", "60000")
    page.wait(".try button[type=submit]").click()
    stop = next(own for own in page.all(".try button") if own.text == "Stop")
    stop.click()
    WebDriverWait(page.driver, 5).until(lambda _: "Stopped." in page.wait(".result").text, "it does not stop")

    to("AttachCover")
    choice = page.wait(".try select[aria-label='Form of the body']")
    choice.send_keys("multipart/form-data")
    page.wait(".try input[type=file]").send_keys(os.path.abspath(__file__))
    status, text = page.send()
    assert status.startswith("200") and str(os.path.getsize(__file__)) in text, text

    # A token goes with what asks for it, and not with what is open to everybody.
    to("RemoveScore")
    status, text = page.send()
    assert status.startswith("401"), text
    page.wait("#authorize").click()
    page.wait("dialog input").send_keys("secret", Keys.ENTER)
    WebDriverWait(page.driver, 5).until(lambda _: page.wait("#authorize").text == "Authorized", "nothing is kept")
    show_curl = lambda: next(own for own in page.all(".try button") if own.text == "as curl").click()
    show_curl()
    assert "authorization: Bearer secret" in page.wait(".curl").text
    page.driver.execute_script("location.hash = '#ShowScore'")
    WebDriverWait(page.driver, 5).until(lambda driver: driver.title.startswith("ShowScore"))
    show_curl()
    assert "secret" not in page.wait(".curl").text

    to("Echo.get")
    status, text = page.send()
    assert status.startswith("200") and "<img src=x" in text, text
    assert page.driver.title.startswith("Echo.get"), page.driver.title


def pictures(page, wanted, folder):
    os.makedirs(folder, exist_ok=True)
    for size, (width, height) in {"wide": (1440, 900), "narrow": (390, 844)}.items():
        for scheme in ("light", "dark"):
            page.look(width, height, scheme)
            page.open()
            page.shoot(f"{folder}/overview-{size}-{scheme}.png")
            page.open(f"#{quote(wanted)}")
            page.wait(".operation")
            page.send()
            page.driver.execute_script("document.activeElement.blur()")
            page.shoot(f"{folder}/operation-{size}-{scheme}.png")


def main():
    given = arguments()
    process = None
    if given.url:
        url = given.url.rstrip("/")
    elif given.program:
        process, url = start(given.program)
    else:
        raise SystemExit("give --url, or a program behind --")
    try:
        with urllib.request.urlopen(f"{url}/openapi.json") as answer:
            document = json.load(answer)
        with tempfile.TemporaryDirectory() as folder:
            driver = browser(folder)
            try:
                page = Page(driver, url)
                wanted = check(page, document, given)
                if given.library:
                    library(page)
                if given.pictures:
                    pictures(page, wanted, given.pictures)
                faults = page.faults()
                assert not faults, "\n".join(faults)
            finally:
                driver.quit()
        print(f"the page of {document['info']['title']} works: {wanted} answers {given.status}")
    finally:
        if process:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


if __name__ == "__main__":
    main()
