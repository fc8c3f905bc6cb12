#!/usr/bin/env bash
# Browser tests need Debian's Chromium and fonts: install them where that is allowed, else say that those tests are skipped.
set -u
need=()
command -v chromium >/dev/null || need+=(chromium)
fc-list 2>/dev/null | grep -q "Noto Serif Tibetan" || need+=(fonts-noto-core)
fc-list 2>/dev/null | grep -q "Noto Sans CJK" || need+=(fonts-noto-cjk)
{ command -v pdftoppm && command -v pdftotext; } >/dev/null || need+=(poppler-utils)
[ ${#need[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null && exit 0
fi
echo "Missing: ${need[*]} - the browser tests will be skipped (sudo apt-get install ${need[*]})."
