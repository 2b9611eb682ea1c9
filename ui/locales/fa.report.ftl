# واژه‌های گزارش یک بررسی، جز یافته‌ها و گام‌ها. کلیدها و آرگومان‌ها همان en.report.ftl است.
# برای هر چیز یک واژه: glossary.md.
# A line of nothing but names and values has no direction of its own: the mark gives it ours.

report-title = بررسی Linekeeper { $ref }
report-ok = همه‌چیز کار می‌کند
report-degraded = کار می‌کند، اما نه آن‌طور که باید
report-problem = مشکل
report-incomplete = ناتمام
report-who = چه کسی
report-do = چه باید کرد
report-meanwhile = اکنون
report-reference = شماره
report-code = کد
report-also = همچنین
report-and-more = { $count ->
    [one] و { $count } مورد دیگر
   *[other] و { $count } مورد دیگر
}
report-colon = { "\u200F" }{ $name }: { $value }
report-pair = { "\u200F" }{ $first }، { $second }
report-value-if = { "\u200F" }{ $value } ({ $remark })

## How a part of the way is
status-ok = خوب
status-warn = هشدار
status-fail = خراب
status-skip = انجام نشد
status-cut = لغو شد
status-error = خطا

## Parts of the way
row-name = نام
row-connect = اتصال
row-proxy = پراکسی
row-backups = جایگزین‌ها
row-security = امنیت
row-web = وب
row-websocket = { "\u200F" }WebSocket
row-quality = کیفیت
row-idle = سکوت

## What is said of them
note-addresses = { $count ->
    [one] { $count } نشانی
   *[other] { $count } نشانی
}
note-literal = خودِ نشانی، بدون نام
note-in = { $what } در { $time }
note-dead = { $count } از { $total } پاسخ نمی‌دهد
note-backups = به { $reached } از { $count } می‌توان رسید
note-from = { $status } از { $server }
note-status = { "\u200F" }{ $status }
note-clock = ساعت { $skew }
note-issuer = با امضای «{ $issuer }»
note-days = { $count ->
    [one] { $count } روز مانده
   *[other] { $count } روز مانده
}
note-expired = منقضی شده
note-median = معمولاً { $median }، حداکثر { $max }
note-retransmits = { $count ->
    [one] { $count } ارسال دوباره
   *[other] { $count } ارسال دوباره
}
note-through = { "\u200F" }{ $proxy } ({ $source })
note-needs = به «{ $part }» نیاز دارد

## What an address or a name server said
address-connected = وصل شد
address-refused = رد شد
address-timeout = بی‌پاسخ
address-unreachable = راهی نیست
address-denied = قاعده‌ای در اینجا جلویش را گرفت
address-failed = ناموفق
answer-ok = پاسخ می‌دهد
answer-no-data = بدون نشانی
answer-nxdomain = چنین نامی نیست
answer-servfail = خطا
answer-refused = رد می‌کند
answer-timeout = بی‌پاسخ
source-configuration = فایل پیکربندی
source-environment = متغیرهای محیطی
source-desktop = تنظیمات سیستم
transport-websocket = WebSocket
transport-sse = SSE
transport-long-poll = پرسش بلند
transport-poll = پرسش دوره‌ای

## Live connection
live-connected = وصل
live-connected-over = وصل از راه { $transport }
live-connecting = در حال اتصال
live-reconnecting = در حال اتصال دوباره
live-disconnected = قطع
live-failed = قطع
live-next = تلاش بعدی تا { $time } دیگر
live-waiting = { $count ->
    [one] { $count } پیام منتظر
   *[other] { $count } پیام منتظر
}

## Comparison
changed-since = تغییر از آخرین بررسی خوب ({ $age } پیش)
changed-nothing = از آخرین بررسی خوب چیزی تغییر نکرده است ({ $age } پیش)
changed-issuer = صادرکنندهٔ گواهی
changed-addresses = نشانی‌ها
changed-websocket = WebSocket
changed-proxy = پراکسی
changed-dns = یافتن نام
changed-tcp = اتصال
changed-tls = آغاز رمزگذاری
changed-upgrade = باز شدن WebSocket
changed-first-byte = نخستین پاسخ
changed-median = زمان پاسخ
changed-works = کار می‌کند
changed-works-not = کار نمی‌کند
changed-none = هیچ
changed-before = پیش‌تر
changed-now = اکنون

## Sections of the HTML file
part-endpoints = اتصال‌ها
part-findings = آنچه پیدا شد
part-timing = زمان صرف چه شد
part-addresses = نشانی‌ها
part-name-servers = سرورهای نام
part-certificates = گواهی‌ها
part-computer = این رایانه
part-steps = همهٔ گام‌ها
part-it = متن برای مدیر شبکه
part-details = جزئیات
phase-dns = نام
phase-tcp = اتصال
phase-proxy = پراکسی
phase-tls = امنیت
phase-upgrade = WebSocket
phase-first-byte = پاسخ وب
phase-total = در مجموع
column-step = گام
column-for = برای
column-result = نتیجه
column-took = زمان
column-said = آنچه دیده شد
column-address = نشانی
column-server = سرور
column-subject = برای
column-issuer = صادرکننده
column-valid = اعتبار
column-what = چه چیزی
computer-interfaces = کارت‌های شبکه
computer-gateways = مسیریاب‌ها
computer-resolvers = سرورهای نام
computer-proxy = پراکسی
computer-clock = ساعت
computer-vpn = VPN
computer-free = جای خالی برای پیام‌های منتظر
nothing-found = چیزی غیرعادی نبود.
attempts = { $count ->
    [one] { $count } تلاش
   *[other] { $count } تلاش
}
footer-mode-quick = سریع
footer-mode-deep = عمیق
footer-run = اجرای { $id }
footer-redacted = گذرواژه‌ها، توکن‌ها و نام‌های شخصی برداشته شده‌اند ({ $count }).
footer-local = { $time } به وقت محلی

## Text for IT
it-subject = درخواست کمک: { $line }
it-destination = مقصد
it-port = پورت
it-protocol = پروتکل
it-proxy = پراکسی در مسیر
it-reason = مشکل
it-wanted = درخواست
it-evidence = شواهد
it-when = زمان بررسی
it-trace = یافتن درخواست‌ها
it-trace-text = همهٔ درخواست‌های این بررسی سرآیند X-Diag-Run: { $id } را دارد
it-protocol-wss = { "\u200F" }WebSocket روی TLS (wss)، TCP
it-protocol-ws = { "\u200F" }WebSocket (ws)، TCP

## Quantities
time-ms = { $n } میلی‌ثانیه
time-s = { $n } ثانیه
time-min = { $n } دقیقه
time-h = { $n } ساعت
time-d = { $n } روز
size-mb = { $n } مگابایت
size-gb = { $n } گیگابایت
