#!/bin/sh
# The browser tests drive Debian's chromium, the Word and Excel files are opened in LibreOffice, and nginx stands before several
# processes. All are installed where that is possible; elsewhere the tests say why they skip.
packages=""
[ -x /usr/bin/chromium ] || packages="chromium fonts-noto-cjk"
[ -x /usr/bin/soffice ] || packages="$packages libreoffice-writer-nogui libreoffice-calc-nogui"
[ -x /usr/bin/pdftotext ] || packages="$packages poppler-utils"
[ -x /usr/sbin/nginx ] || packages="$packages nginx-light"
[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "正在安装 $packages（测试用）…"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } >/dev/null 2>&1 \
        || echo "$packages 未能安装，用到它们的测试将跳过。"
fi
exit 0
