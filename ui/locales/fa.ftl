# واژه‌های پنجره به فارسی. کلیدها و آرگومان‌ها همان en.ftl است (words.test.ts). برای هر چیز یک واژه: glossary.md.

## Frame
app-name = Linekeeper
sections = بخش‌ها
overview = نمای کلی
messages = پیام‌ها
sending = ارسال
help = راهنما
language = زبان
skip = رفتن به محتوا
close = بستن
dismiss = پنهان کردن
keep = نگه داشتن آن
quit = خروج از Linekeeper

## Quantities
span-s = { $s } ثانیه
span-min = { $min } دقیقه
span-h = { $h } ساعت
span-h-min = { $h } ساعت و { $min } دقیقه
span-d = { $d } روز
span-d-h = { $d } روز و { $h } ساعت
unit-ms = { $n } میلی‌ثانیه
unit-s = { $n } ثانیه
unit-b = { $n } بایت
unit-kb = { $n } کیلوبایت
unit-mb = { $n } مگابایت
unit-gb = { $n } گیگابایت
unit-tb = { $n } ترابایت
ago = { $duration } پیش

## First sentence
verdict-connected = { $total ->
    [1] اتصال برقرار است
   *[other] هر { $total } اتصال برقرار است
}
verdict-degraded = { $total ->
    [1] اتصال از مسیر جایگزین برقرار است
   *[other] هر { $total } اتصال برقرار است، { $fallback } تا از مسیر جایگزین
}
verdict-partial = { $up } اتصال از { $total } اتصال برقرار است
verdict-down = { $total ->
    [1] اتصال قطع است
   *[other] هیچ اتصالی برقرار نیست
}
verdict-offline = این رایانه شبکه ندارد
verdict-paused = { $total ->
    [1] اتصال موقتاً متوقف است
   *[other] هر { $total } اتصال موقتاً متوقف است
}
verdict-connecting = { $up ->
    [0] در حال اتصال
   *[other] { $up } اتصال از { $total } اتصال برقرار است
}
verdict-empty = هنوز اتصالی نیست
verdict-opening = در حال پرسیدن از Linekeeper
verdict-lost = Linekeeper اینجا در حال اجرا نیست؛ دوباره تلاش می‌شود

## Second sentence
cause-down = { $count ->
    [1] { $names } از { $duration } پیش قطع است.
   *[other] { $names } قطع است؛ طولانی‌ترین از { $duration } پیش.
}
cause-no-network = شبکه‌ای برای { $names } نیست.
cause-offline = با برگشتن شبکه، اتصال‌ها خودشان برمی‌گردند.
cause-fallback = { $names } از مسیر جایگزین کار می‌کند.
cause-connecting = { $names } در حال اتصال است.
cause-paused = { $names } موقتاً متوقف است.
cause-waiting = { $count } پیام منتظر ارسال است.
cause-on-disk = { $count } پیام روی دیسک، محفوظ، منتظر است.
cause-steady = از { $duration } پیش چیزی تغییر نکرده است.
cause-empty = چیزی پیکربندی نشده است، پس چیزی برای نگه داشتن نیست.
cause-lost = آنچه در زیر می‌بینید آخرین وضعیت معلوم است.
names-more = { $count } تای دیگر

## One connection
state-up = وصل
state-fallback = وصل از مسیر جایگزین
state-connecting = در حال اتصال
state-reconnecting = در حال اتصال دوباره
state-disconnected = قطع
state-failed = ناموفق
state-offline = بدون شبکه
state-paused = متوقف
line-up = وصل از { $duration } پیش
line-fallback = وصل از { $duration } پیش، از مسیر جایگزین
line-backup = وصل از { $duration } پیش، از { $host }
line-quality = وصل از { $duration } پیش، کیفیت { $quality }
line-connecting = در حال تلاش از { $duration } پیش
line-offline = بدون شبکه از { $duration } پیش
line-paused = متوقف از { $duration } پیش
line-down = قطع از { $duration } پیش
line-attempt = قطع از { $duration } پیش، تلاش { $attempt }
line-reason = قطع از { $duration } پیش، { $reason }
reason-paused = متوقف
reason-auth-required = ورود پذیرفته نشد
reason-misconfigured = نشانی نادرست است
reason-max-attempts = همهٔ تلاش‌های مجاز ناموفق بود
reason-server-stop = سرور خواست که دیگر وصل نشویم
reason-flapping = ناپایدار
reason-captive-portal = این شبکه ورود به حساب می‌خواهد
reason-offline = بدون شبکه
transport-websocket = WebSocket
transport-sse = SSE
transport-long-poll = پرسش بلند
transport-poll = پرسش دوره‌ای
pill-fallback = { $transport }، جایگزین
pill-backup = میزبان جایگزین
next-try = تا تلاش بعدی { $duration }
next-try-now = اکنون در حال تلاش
next-check = تا بررسی دوبارهٔ میزبان اصلی { $duration }.
next-check-now = میزبان اصلی اکنون بررسی می‌شود.
wait-backoff = پس از هر تلاش ناموفق بیشتر صبر می‌شود تا به سرور فشار نیاید.
wait-local = علت در همین رایانه بود: تلاش بعدی بی‌درنگ است.
wait-server-restarting = به سرور کمی زمان داده می‌شود تا برگردد.
wait-overloaded = به سرور زمان داده می‌شود تا از پس بار برآید.
wait-server-asked = سرور خواسته است تا { $time } صبر کنیم.
wait-flapping = پی‌درپی وصل و قطع می‌شود، پس تلاش‌ها کمتر است.
wait-slow-probe = تا رفع علت، فقط هر از گاهی تلاش می‌شود.
wait-budget = این سرور فعلاً به اندازهٔ کافی آزموده شده است.
response-p95 = p95 { $time }
response-hint = نیمی از پاسخ‌ها در { $p50 } و ۹۵ تا از هر ۱۰۰ پاسخ در { $p95 } رسیده است.
sparkline = زمان‌های پاسخ، تازه‌ترین در پایان

## Orders
reconnect = اتصال دوباره
reconnect-all = اتصال دوبارهٔ همه
pause = توقف موقت
pause-all = توقف موقت همه
resume = از سرگیری
resume-all = از سرگیری همه
try-now = تلاش دوباره
connect = اتصال
details = جزئیات
show-messages = نمایش پیام‌ها
order-failed = انجام نشد.

## Details of a connection
detail-address = نشانی
detail-host = میزبان کنونی
detail-transport = روش انتقال
detail-response = زمان پاسخ
detail-response-value = اکنون { $last }، میانه { $p50 }، p95 { $p95 }
detail-quality = کیفیت
detail-usual = زمان معمول
detail-lost = پینگ‌های ازدست‌رفته
detail-answer = آخرین پاسخ
detail-received = دریافت‌شده
detail-sent = فرستاده‌شده
detail-traffic = { $count } پیام، { $size }
detail-reconnects = اتصال‌های دوباره
detail-errors = خطاها
detail-next = تلاش بعدی
detail-primary = میزبان اصلی
detail-last-error = آخرین خطا
detail-remedy = چه باید کرد
detail-owner = چه کسی می‌تواند
detail-technical = جزئیات فنی
detail-none = هیچ
quality-good = خوب
quality-fair = متوسط
quality-poor = ضعیف
quality-unknown = هنوز سنجیده نشده

## Problems of the agent
problems = مشکل‌ها
problem-at = اتصال { $name }
empty-title = اتصال‌های شما اینجا نشان داده می‌شوند
empty-body = برای هر اتصال می‌بینید برقرار است یا نه، با چه سرعتی پاسخ می‌دهد و آخرین مشکل چه بوده است.
empty-add = برای افزودن اتصال، آن را در فایل پیکربندی بنویسید. این فرمان جای فایل را نشان می‌دهد:
empty-demo = برای آشنایی، نخست با دادهٔ نمایشی شروع کنید:

## Messages
messages-hint = صد پیام آخر هر اتصال، تازه‌ترین در بالا.
messages-from = از
messages-all = همهٔ اتصال‌ها
messages-filter = پالایه
messages-filter-hint = متن درون پیام
messages-hold = نگه داشتن
messages-continue = { $count ->
    [0] ادامه
   *[other] ادامه، { $count } پیام نگه داشته شده
}
messages-count = { $shown } از { $total }
messages-list = پیام‌های دریافت‌شده
messages-none = هنوز پیامی نیست
messages-none-hint = هر پیامی برسد همان لحظه اینجا دیده می‌شود.
messages-no-match = هیچ پیامی جور نیست
messages-no-match-hint = پالایه را تغییر دهید، یا برای دیدن همه آن را پاک کنید.
messages-clear = پاک کردن پالایه
messages-load-failed = پیام‌های پیشین بار نشد.
message-shortened = کوتاه‌شده
message-empty = خالی
message-detail = پیام { $seq } از { $name }
message-received = { $time }، { $size }
binary-size = دودویی، { $size }
feed-volume = حجم { $n }
feed-models = { $available } از { $total } مدل در دسترس
feed-sources = { $active } از { $total } منبع فعال
feed-requests = { $n } درخواست در دقیقه
feed-failed = { $n } ناموفق
feed-loading = { $n } در حال بار شدن
feed-database-online = پایگاه داده برقرار
feed-database-offline = پایگاه داده قطع
feed-fear-greed = ترس و طمع { $value }
feed-hub-open = نشست { $id } باز شد
feed-hub-pong = پاسخ به پینگ
mood-extreme-fear = ترس شدید
mood-fear = ترس
mood-neutral = خنثی
mood-greed = طمع
mood-extreme-greed = طمع شدید
mood-positive = مثبت
mood-negative = منفی
mood-bullish = رو به رشد
mood-bearish = رو به افت
mood-mixed = آمیخته

## Waiting messages of one connection
waiting-back = { $count } پیام منتظر است؛ با برگشتن اتصال فرستاده می‌شود.
waiting-first = { $count } پیام منتظر است؛ همین که اتصال برقرار شود فرستاده می‌شود.
waiting-resume = { $count } پیام منتظر است؛ با از سرگیری اتصال فرستاده می‌شود.
waiting-now = { $count } پیام در راه است.
waiting-none = چیزی منتظر نیست
not-delivered = { $count } پیام تحویل نشد.
oldest = قدیمی‌ترین { $duration }
level-memory = در حافظه: با پایان کار Linekeeper، آنچه پذیرفته شده از دست می‌رود.
level-process = در فایل: آنچه پذیرفته شده با خرابی Linekeeper می‌ماند، اما با قطع برق نه.
level-power = روی دیسک: آنچه پذیرفته شده با خرابی برنامه و قطع برق از دست نمی‌رود.
pill-not-delivered = { $count } تحویل‌نشده
pill-memory = فقط در حافظه
buffer-ok = پیام می‌پذیرد
buffer-full = پر است
buffer-unavailable = دیسک نمی‌نویسد
detail-waiting = منتظر
detail-oldest = قدیمی‌ترین
detail-on-the-way = در راه
detail-on-the-way-value = { $count } پیام فرستاده شده و هنوز تأیید نشده
detail-promise = قول
detail-buffer = وضعیت

## Sending
sending-title = { $count ->
    [0] هیچ پیامی منتظر ارسال نیست
   *[other] { $count } پیام منتظر ارسال است
}
sending-hint = آنچه پذیرفته شود، به ترتیب اینجا می‌ماند تا به سرورش برسد.
compose-label = پیام به { $name }
compose-placeholder = متن یا JSON؛ همان‌گونه که هست فرستاده می‌شود
compose-send = ارسال
compose-sending = در حال ذخیره
compose-keys = ارسال می‌کند
compose-not-json = شبیه JSON است اما درست نیست. همان‌گونه که هست فرستاده می‌شود.
compose-now = بی‌درنگ فرستاده می‌شود.
compose-back = روی این رایانه منتظر می‌ماند و با برگشتن اتصال فرستاده می‌شود.
compose-first = روی این رایانه منتظر می‌ماند و همین که اتصال برقرار شود فرستاده می‌شود.
compose-resume = روی این رایانه منتظر می‌ماند و با از سرگیری اتصال فرستاده می‌شود.
compose-refused = پذیرفته نشد.
compose-unknown = پاسخی نرسید و معلوم نیست پیام پذیرفته شد یا نه. ارسال دوباره زیانی ندارد: یک بار حساب می‌شود.
sent-title = فرستاده‌شده از این پنجره
sent-storing = در حال ذخیره
sent-accepted = پذیرفته شد
sent-delivered = تحویل شد
sent-delivered-after = پس از { $duration } تحویل شد
sent-missed = پذیرفته شد؛ آنچه پس از آن رخ داد اینجا دیده نشد
show = نمایش
send-message = ارسال پیام
waiting-title = پیام‌های منتظر
waiting-facts = { $duration } منتظر، { $size }.
waiting-failed = در { $count } تلاش فرستاده نشد.
waiting-sent = شاید پیش‌تر فرستاده شده باشد؛ تأیید نشده است.
waiting-fetching = در حال خواندن محتوا
waiting-gone = دیگر منتظر نیست.
waiting-cut = این آغاز آن است.
waiting-shown = { $shown } از { $total } پیام، به ترتیب رسیدن.
waiting-ask-hint = { $count ->
    [1] { $name } آن را دریافت نخواهد کرد. بازگرداندنی نیست.
   *[other] { $name } آن‌ها را دریافت نخواهد کرد. بازگرداندنی نیستند.
}
waiting-ask-sent = { $count ->
    [1] شاید { $name } آن را پیش‌تر دریافت کرده باشد؛ وگرنه دریافت نخواهد کرد. بازگرداندنی نیست.
   *[other] شاید { $name } برخی را پیش‌تر دریافت کرده باشد؛ بقیه را دریافت نخواهد کرد. بازگرداندنی نیستند.
}
page-back = قبلی
page-next = بعدی
dead-title = تحویل‌نشده
dead-hint = کنار گذاشته شده‌اند تا بقیه پیش بروند. تا تصمیم شما می‌مانند؛ اگر دوباره فرستاده شوند، پشت پیام‌های منتظر می‌ایستند.
dead-poison = در { $attempts } تلاش فرستاده نشد.
dead-refused = سرور آن را به این شکل نمی‌پذیرد.
dead-corrupt = روی دیسک خراب شده است و دوباره فرستادنی نیست.
dead-retry = ارسال دوباره
dead-delete = حذف
dead-delete-all = حذف همه
dead-export = ذخیره در فایل
dead-exported = ذخیره شد: { $place }
dead-ask-one = این پیام حذف شود؟
dead-ask-all = { $count } پیام حذف شود؟
dead-ask-hint = { $count ->
    [1] { $name } آن را هرگز دریافت نکرد. بازگرداندنی نیست.
   *[other] { $name } آن‌ها را هرگز دریافت نکرد. بازگرداندنی نیستند.
}
dead-facts = { $size }، { $duration } پیش کنار گذاشته شد.
dead-shown = { $shown } پیام قدیمی‌تر از { $total } پیام. در فایل همه هست.
dead-load-failed = این پیام‌ها بار نشد.

## Diagnostics
check = عیب‌یابی
check-hint = با یک کلیک راه این رایانه تا هر سرور بررسی می‌شود و می‌بینید مشکل چیست و چه کسی می‌تواند درستش کند.
check-run = اجرای عیب‌یابی
check-again = بررسی دوباره
check-deep = بررسی عمیق
check-deep-hint = سکوت خط، بسته‌های بزرگ و زمان‌های پاسخ بیشتری را هم بررسی می‌کند. تا دو دقیقه طول می‌کشد.
check-cancel = لغو
check-which = چه چیزی بررسی می‌شود
check-begins = بررسی آغاز می‌شود.
check-progress = گام { $step } از { $total }: { $doing }، { $duration }
check-many = { $count ->
    [one] { $count } اتصال
   *[other] { $count } اتصال
}
check-made = { $what }، بررسی‌شده { $ago } پیش در { $took }
check-made-deep = { $what }، بررسی عمیق { $ago } پیش در { $took }
check-who = چه کسی می‌تواند درستش کند
check-do = چه باید کرد
check-meanwhile = اکنون
check-meanwhile-up = { $count ->
    [0] وصل از راه { $transport }، چیزی منتظر نیست.
    [one] وصل از راه { $transport }، { $count } پیام منتظر است.
   *[other] وصل از راه { $transport }، { $count } پیام منتظر است.
}
check-meanwhile-down = { $count ->
    [0] قطع است، چیزی منتظر نیست.
    [one] قطع است، { $count } پیام منتظر است.
   *[other] قطع است، { $count } پیام منتظر است.
}
check-meanwhile-retry = { $count ->
    [0] قطع است، تلاش بعدی تا { $duration } دیگر.
    [one] قطع است، تلاش بعدی تا { $duration } دیگر؛ { $count } پیام منتظر است.
   *[other] قطع است، تلاش بعدی تا { $duration } دیگر؛ { $count } پیام منتظر است.
}
check-copy = رونوشت نتیجه
check-copy-it = متن برای مدیر شبکه
check-copied = نتیجه رونوشت شد.
check-copied-it = متنی برای مدیر شبکه رونوشت شد.
check-save-page = ذخیره به‌صورت صفحهٔ وب
check-save-bundle = فایل پشتیبانی…
check-saved = ذخیره شد: { $place }
check-reference = کد یافته و شمارهٔ مرجع، برای خواندن پای تلفن
check-compared = { $name }، در سنجش با آخرین بررسی خوب { $ago } پیش: { $changes }.
change-issuer = صادرکننده { $before } ← { $now }
change-addresses = نشانی‌ها { $before } ← { $now }
change-websocket = WebSocket { $before } ← { $now }
change-dns = نام { $before } ← { $now }
change-tcp = ارتباط { $before } ← { $now }
change-tls = امنیت { $before } ← { $now }
change-upgrade = باز شدن WebSocket { $before } ← { $now }
change-median = زمان پاسخ { $before } ← { $now }
change-proxy = پراکسی { $before } ← { $now }
check-findings = { $count ->
    [one] { $count } یافته
   *[other] { $count } یافته
}
check-follows = پیامد { $code }
check-steps = { $count ->
    [one] { $count } گام
   *[other] { $count } گام
}
check-step = گام
check-step-for = اتصال
check-step-state = نتیجه
check-step-time = زمان
severity-info = برای آگاهی
severity-warn = آن‌طور که باید نیست
severity-fail = کار نمی‌کند
stage-computer = این رایانه
stage-name = نام
stage-connection = ارتباط
stage-proxy = پراکسی
stage-security = امنیت
stage-web = وب
stage-websocket = WebSocket
stage-fallback = مسیرهای جایگزین
stage-response = زمان پاسخ
stage-silence = سکوت
stage-doing-computer = نگاه به شبکهٔ این رایانه
stage-doing-name = جست‌وجوی نشانی از روی نام
stage-doing-connection = وصل شدن به هر نشانی
stage-doing-proxy = رفتن از راه پراکسی
stage-doing-security = بررسی گواهی
stage-doing-web = درخواست یک صفحه
stage-doing-websocket = باز کردن WebSocket
stage-doing-fallback = آزمودن مسیرهای جایگزین
stage-doing-response = اندازه‌گیری زمان پاسخ
stage-doing-silence = انتظار در سکوت
stage-is-pass = کار می‌کند
stage-is-warn = آن‌طور که باید نیست
stage-is-fail = کار نمی‌کند
stage-is-error = ناتمام ماند
stage-is-running = در حال انجام
stage-is-cancelled = لغو شد
stage-is-skip = بررسی نشد
stage-is-awaited = هنوز آغاز نشده
stage-is-na = کاربرد ندارد
check-skipped = بررسی نشد: آنچه لازم دارد کار نمی‌کند
check-cancelled = بررسی پیش از آن پایان یافت
check-broke-off = این گام ناتمام ماند
check-addresses = { $count ->
    [one] { $count } نشانی
   *[other] { $count } نشانی
}
check-connected-to = { $address }
check-address-dead = { $address }: { $result ->
    [refused] رد شد
    [timeout] بی‌پاسخ
    [unreachable] راهی نیست
    [denied] قاعده‌ای روی این رایانه جلویش را گرفت
   *[failed] ناموفق
}
check-through = از راه { $proxy }
check-certificate = { $days ->
    [one] صادرکننده: { $issuer }، { $days } روز مانده
   *[other] صادرکننده: { $issuer }، { $days } روز مانده
}
check-answered = پاسخ می‌دهد: { $status }
check-answered-by = { $server } پاسخ می‌دهد: { $status }
check-open = باز می‌شود
check-median = { $count ->
    [one] { $time } در { $count } پاسخ
   *[other] معمولاً { $time } در { $count } پاسخ
}
check-network = شبکهٔ { $name } برقرار است
check-clock = شبکه برقرار است؛ ساعت { $time } اختلاف دارد
check-no-interface = شبکه‌ای نیست
recording-title = مشکل گاه‌به‌گاه پیش می‌آید؟
recording-hint = آن را ضبط کنید: شروع کنید، بگذارید پیش بیاید، پایان دهید. حداکثر ۱۵ دقیقه جزئیات بیشتری در گزارش نوشته می‌شود و فایل پشتیبانی می‌گوید کجا را باید خواند. چیزی به جایی فرستاده نمی‌شود.
recording-start = شروع ضبط مشکل
recording-again = ضبط دوباره
recording-on = مشکل در حال ضبط است
recording-left = { $left } مانده است
recording-on-hint = اکنون بگذارید مشکل پیش بیاید، سپس ضبط را پایان دهید. کارهای Linekeeper با جزئیات در گزارش نوشته می‌شود، اما پیام‌ها و گذرواژه‌ها نه.
recording-reference = شمارهٔ مرجع، برای خواندن پای تلفن
recording-stop = پایان ضبط
recording-over = مشکل ضبط شد
recording-done = ضبط { $took } طول کشید، شمارهٔ مرجع { $reference }. فایل پشتیبانی‌ای که از این پس ذخیره کنید زمان آن را می‌گوید تا فقط همان بخش گزارش خوانده شود.
bundle-title = فایل پشتیبانی
bundle-hint = یک فایل برای کسی که به شما کمک می‌کند. گذرواژه، توکن، نام کاربری و پیام هرگز در آن نیست؛ پیش از ذخیره نگاه کنید.
bundle-privacy = این‌ها هم برداشته شود
privacy-standard = نشانی‌ها و شناسه‌ها
privacy-strict = نشانی‌ها، شناسه‌ها و نام میزبان‌ها
privacy-full = چیز دیگری نه
privacy-full-hint = نشانی‌های این شبکه خوانا می‌ماند. این فایل را تنها به مسئولان همین شبکه بدهید.
bundle-removed = { $count ->
    [0] چیزی برداشته نشد
    [one] { $count } مورد برداشته شد
   *[other] { $count } مورد برداشته شد
}
bundle-look = مشاهده
bundle-save = ذخیره

## Help
help-hint = کلیدها، نسخه‌ها و جای هر چیز.
help-keys = کلیدها
help-versions = نسخه‌ها
help-places = جای هر چیز
key-overview = باز کردن نمای کلی
key-messages = باز کردن پیام‌ها
key-sending = باز کردن ارسال
key-check = باز کردن عیب‌یابی
key-help = باز کردن راهنما
key-reconnect = اتصال دوبارهٔ همه
key-hold = نگه داشتن یا ادامهٔ پیام‌ها
key-filter = پالودن پیام‌ها
key-compose = نوشتن پیام
key-run-check = اجرای بررسی
key-sheet = نمایش کلیدها
key-escape = بستن آنچه باز است
key-then = { $first } سپس { $second }
key-or = یا
version-agent = عامل
version-window = پنجره
version-process = پردازه
version-uptime = زمان اجرا
place-gateway = درگاه محلی
place-gateway-off = خاموش
place-config = فایل پیکربندی
place-status = وضعیت در پایانه
place-link = پیوند این صفحه

## Without a token
token-title = این صفحه با پیوند خودش باز می‌شود
token-body = پیوند، توکنی دارد که نشان می‌دهد اجازهٔ دیدن این اتصال‌ها را دارید. این فرمان آن را نشان می‌دهد:
token-old-title = پیوند تغییر کرده است
token-old-body = Linekeeper دیگر توکن این صفحه را نمی‌پذیرد. پیوندی را باز کنید که این فرمان نشان می‌دهد:

## Errors: one sentence for each code; .todo says what to do
error-dns-not-found = سروری با این نام پیدا نشد.
error-dns-failed = نشانی سرور از روی نامش پیدا نشد.
error-dns-timeout = یافتن نشانی سرور بیش از حد طول کشید.
error-connection-refused = در نشانی سرور هیچ برنامه‌ای پاسخ نمی‌دهد.
error-connect-timeout = سرور پاسخ نمی‌دهد.
error-unreachable = از این شبکه نمی‌توان به سرور رسید.
error-network-down = این رایانه شبکه ندارد.
error-permission-denied = این رایانه اجازهٔ این اتصال را نمی‌دهد.
error-connect-failed = اتصال باز نشد.
error-tls-name = گواهی سرور برای نام دیگری است.
error-tls-expired = گواهی سرور منقضی شده است.
error-tls-not-yet-valid = گواهی سرور هنوز معتبر نشده است. آیا ساعت این رایانه درست است؟
error-tls-untrusted = صادرکنندهٔ گواهی سرور مورد اعتماد این رایانه نیست.
error-tls-revoked = گواهی سرور باطل شده است.
error-tls-timeout = برقراری اتصال رمزگذاری‌شده بیش از حد طول کشید.
error-tls-not-spoken = سرور در این نشانی اتصال رمزگذاری‌شده ندارد.
error-tls-failed = اتصال رمزگذاری‌شده برقرار نشد.
error-ca-file = فایل گواهی‌های مورد اعتماد که پیکربندی شده قابل استفاده نیست.
error-client-cert = گواهی کلاینت پیکربندی‌شده قابل استفاده نیست.
error-client-cert-required = سرور گواهی کلاینت می‌خواهد.
error-client-cert-refused = سرور گواهی کلاینت را نمی‌پذیرد.
error-proxy-unreachable = پراکسی در دسترس نیست.
error-proxy-auth-required = پراکسی نام کاربری و گذرواژه می‌خواهد.
error-proxy-refused = پراکسی اجازهٔ این اتصال را نمی‌دهد.
error-proxy-cannot-reach = پراکسی به سرور نمی‌رسد.
error-proxy-timeout = اتصال از راه پراکسی بیش از حد طول کشید.
error-proxy-failed = پراکسی درست کار نمی‌کند.
error-unauthorized = سرور نام کاربری، گذرواژه یا توکن را نمی‌پذیرد.
error-forbidden = سرور اجازهٔ دسترسی نمی‌دهد.
error-secret-unavailable = رمز لازم برای سرور خوانده نشد.
error-secret-exposed = کاربران دیگر این رایانه می‌توانند فایلی را که رمز در آن است بخوانند.
error-not-found = سرور پاسخ می‌دهد، اما در این نشانی چیزی ندارد.
error-rate-limited = سرور می‌خواهد کمتر وصل شویم.
error-service-unavailable = سرور کار می‌کند، اما سرویس پشت آن نه.
error-server-error = سرور از خطایی در خودش خبر می‌دهد.
error-not-websocket = در این نشانی چیزی پاسخ می‌دهد، اما سرور WebSocket نیست.
error-redirect-refused = سرور اتصال را به جای دیگری می‌فرستد، اما نمی‌توان به آنجا رفت.
error-handshake-invalid = سرور به درخواست WebSocket پاسخ داد، اما پاسخ درست نبود.
error-handshake-timeout = سرور اتصال را پذیرفت، اما سپس پاسخ نداد.
error-handshake-closed = سرور پیش از پاسخ دادن اتصال را بست.
error-attempt-timeout = اتصال بیش از حد طول کشید.
error-not-proven = اتصال باز شد، اما چیزی از آن نرسید.
error-ping-timeout = اتصال خاموش ماند و پاسخی نیامد.
error-connection-lost = اتصال از دست رفت.
error-closed-by-server = سرور اتصال را پایان داد.
error-server-restarting = سرور در حال راه‌اندازی دوباره است.
error-server-overloaded = بار سرور بیش از توان آن است.
error-protocol-violation = سرور چیزی فرستاد که سرور WebSocket مجاز به فرستادنش نیست.
error-invalid-utf8 = سرور متن خرابی فرستاد (UTF-8 نیست).
error-message-too-big = پیامی بزرگ‌تر از حد مجاز بود.
error-captive-portal = این شبکه می‌خواهد ابتدا وارد شوید.
error-max-attempts = همهٔ تلاش‌های مجاز ناموفق بود. هر از گاهی دوباره تلاش می‌شود.
error-config-invalid = فایل پیکربندی خطا دارد.
    .todo = فایل را درست کنید. تغییرها همان لحظه خوانده می‌شود.
error-config-unreadable = فایل پیکربندی خوانده نمی‌شود.
    .todo = به حساب کاربری خود اجازهٔ خواندن آن را بدهید.
error-env-invalid = مقدار یک متغیر محیطی معتبر نیست.
    .todo = متغیر را درست کنید و Linekeeper را دوباره اجرا کنید.
error-unsupported = این نسخه از پس آنچه پیکربندی شده برنمی‌آید.
    .todo = آن تنظیم را بردارید، یا نسخه‌ای نصب کنید که آن را می‌شناسد.
error-gateway-unavailable = درگاه محلی راه نیفتاد.
    .todo = نشانی را آزاد کنید یا نشانی دیگری پیکربندی کنید. اتصال‌ها آسیبی نمی‌بینند.
error-gateway-busy = درگاه محلی بیش از حد اتصال دارد.
    .todo = برنامه‌ها یا صفحه‌هایی را که از آن استفاده می‌کنند ببندید. اتصال به سرورها آسیبی نمی‌بیند.
error-log-unavailable = فایل‌های گزارش نوشته نمی‌شوند.
    .todo = پوشه را نوشتنی کنید. اتصال‌ها آسیبی نمی‌بینند.
error-file-not-written = فایل نوشته نشد.
    .todo = بررسی کنید که دیسک جا داشته باشد و حساب شما اجازهٔ نوشتن در پوشه را داشته باشد.
error-tray-unavailable = این میزکار نماد سینی نشان نمی‌دهد.
    .todo = سینی سیستم را نصب یا روشن کنید؛ در GNOME افزونهٔ AppIndicator است. تا آن زمان، این پنجره با بستن کمینه می‌شود و اجرای دوبارهٔ Linekeeper آن را برمی‌گرداند.
error-notifications-unavailable = میزکار اعلان نشان نمی‌دهد.
    .todo = سرویس اعلان را روشن کنید. تا آن زمان به همین پنجره نگاه کنید.
error-no-home = پوشه‌ای برای فایل‌های Linekeeper پیدا نشد.
    .todo = متغیر HOME یا LINEKEEPER_HOME را تعیین کنید و Linekeeper را دوباره اجرا کنید.
error-already-running = Linekeeper از پیش در حال اجراست.
error-check-running = بررسی دیگری در حال انجام است.
error-bad-request = درخواست معتبر نیست.
error-token-required = توکن درگاه نیست یا نادرست است.
error-origin-refused = درخواست از این مبدأ مجاز نیست.
error-unknown-endpoint = اتصالی با این شناسه نیست.
error-unknown-route = در این مسیر چیزی نیست.
error-unknown-message = پیامی با این شناسه نیست.
error-unknown-check = چنین بررسی‌ای دیگر نگه داشته نشده است.
error-bundle-refused = پروندهٔ پشتیبانی ذخیره نشد: چیزی در آن است که نباید از این رایانه بیرون برود.
    .todo = پروندهٔ نام‌برده را کنار بگذارید یا این را گزارش کنید.
error-unsupported-media-type = پیام با این نوع محتوا پذیرفته نمی‌شود.
error-too-many-messages = پیام‌ها سریع‌تر از آن می‌رسند که بتوان پذیرفت.
error-buffer-full = بافر پیام‌های ارسال‌نشده پر است.
    .todo = صبر کنید تا سرور دوباره پیام بپذیرد، یا بخشی از پیام‌های منتظر را حذف کنید.
error-disk-full = دیسک برای ذخیرهٔ پیام‌های ارسال‌نشده جای کافی ندارد.
    .todo = روی دیسک جا باز کنید. پیام‌های منتظر همچنان ارسال می‌شوند.
error-buffer-unavailable = پیام‌های ارسال‌نشده را نمی‌توان ذخیره کرد.
    .todo = بررسی کنید که دیسک سالم باشد و حساب شما اجازهٔ نوشتن در پوشهٔ Linekeeper را داشته باشد.
error-buffer-damaged = پیام‌های ذخیره‌شده آسیب دیده بودند.
    .todo = هرچه نجات‌یافتنی بود حفظ شد و ارسال می‌شود. فایل آسیب‌دیده نگه داشته شده است.
error-messages-left = پیام‌هایی منتظر اتصالی‌اند که دیگر در پیکربندی نیست.
    .todo = برای ارسالشان اتصال را دوباره پیکربندی و فعال کنید، یا پوشهٔ آن‌ها را پاک کنید.
error-shutting-down = Linekeeper در حال بسته شدن است.
error-internal = مشکلی درون Linekeeper پیش آمد. گزارش‌ها اطلاعات بیشتری دارند.

## What a person can do: one for each remedy, and who can
remedy-resume = مشکلی نیست. هر وقت اتصال را دوباره خواستید، آن را از سر بگیرید.
remedy-join-network = این رایانه را به شبکه وصل کنید: کابل یا Wi-Fi را بررسی کنید. سپس Linekeeper خودش وصل می‌شود.
remedy-sign-in-to-network = مرورگر را باز کنید، به صفحه‌ای بروید و وارد این شبکه شوید. سپس Linekeeper خودش وصل می‌شود.
remedy-renew-credential = نام کاربری، گذرواژه یا توکن را در پیکربندی درست کنید، یا از مسئول سرور تازه‌اش را بگیرید.
remedy-mend-secret = رمز را همان‌جا بگذارید که پیکربندی می‌گوید؛ جای آن و اشکال در جزئیات فنی آمده است.
remedy-ask-for-access = از مسئول سرور بخواهید به این حساب یا این رایانه اجازهٔ دسترسی بدهد.
remedy-mend-client-certificate = فایل‌های گواهی کلاینت و کلید آن را که در پیکربندی آمده‌اند بررسی کنید.
remedy-get-client-certificate = از مسئول سرور گواهی کلاینت بگیرید و فایل‌های آن را در پیکربندی بنویسید.
remedy-renew-client-certificate = از مسئول سرور گواهی کلاینت تازه بگیرید: شاید این یکی منقضی شده باشد.
remedy-sign-in-to-proxy = نام کاربری و گذرواژهٔ پراکسی را از مدیر شبکه بگیرید و در پیکربندی بنویسید.
remedy-check-proxy = از مدیر شبکه بپرسید پراکسی کار می‌کند و نشانی آن در تنظیمات درست است یا نه.
remedy-allow-at-proxy = از مدیر شبکه بخواهید به پراکسی اجازهٔ اتصال به این سرور را بدهد.
remedy-check-name = املای نام سرور را در پیکربندی بررسی کنید. اگر درست است، از مدیر شبکه بپرسید.
remedy-check-name-service = ببینید صفحه‌های وب باز می‌شوند یا نه. اگر نه، به مدیر شبکه بگویید که نام‌ها پیدا نمی‌شوند.
remedy-check-address = نشانی درون پیکربندی را با نشانی‌ای که مسئول سرور به شما داده است مقایسه کنید.
remedy-check-path = بخش پس از نام سرور را در نشانی بررسی کنید. مسئول سرور نشانی درست را می‌داند.
remedy-check-port = شمارهٔ پورت را در پیکربندی بررسی کنید. مسئول سرور می‌داند کدام پورت رمزگذاری‌شده است.
remedy-start-server = از مسئول سرور بپرسید که سرور روشن است یا نه، و شمارهٔ پورت را در پیکربندی بررسی کنید.
remedy-check-route = شبکه را، و اگر این سرور VPN لازم دارد آن را هم، بررسی کنید. اگر هر دو کار می‌کنند، از مدیر شبکه بپرسید.
remedy-allow-in-firewall = از مدیر شبکه بخواهید Linekeeper را در دیوار آتش یا نرم‌افزار امنیتی این رایانه مجاز کند.
remedy-correct-certificate-name = نام سرور را در پیکربندی بررسی کنید. اگر درست است، مسئول سرور باید گواهی را اصلاح کند.
remedy-replace-certificate = نخست ببینید تاریخ این رایانه درست است. سپس به مسئول سرور بگویید که گواهی تازه لازم است.
remedy-set-clock = تاریخ و ساعت این رایانه را تنظیم کنید. اگر درست‌اند، به مسئول سرور خبر دهید.
remedy-trust-issuer = گواهی صادرکننده را از مدیر شبکه بگیرید و فایل آن را در پیکربندی با نام ca_file بنویسید.
remedy-check-inspection = از مدیر شبکه بپرسید آیا پراکسی یا نرم‌افزار امنیتی اتصال‌های رمزگذاری‌شده را بازرسی می‌کند.
remedy-mend-ca-file = فایلی را که در پیکربندی ca_file نامیده شده بررسی کنید: باید خواندنی باشد و گواهی داشته باشد.
remedy-let-websocket-through = از مدیر شبکه بپرسید آیا پراکسی یا دیوار آتش جلوی WebSocket را می‌گیرد. اگر نه، از مسئول سرور بپرسید.
remedy-respect-wait = Linekeeper تا زمانی که سرور خواسته است صبر می‌کند. اتصال دوبارهٔ دستی همین حالا تلاش می‌کند.
remedy-ask-for-higher-limit = Linekeeper خودش آهسته‌تر تلاش می‌کند. اگر زیاد پیش می‌آید، از مسئول سرور سقف بالاتری بخواهید.
remedy-wait-for-server = همین که سرور آماده شود Linekeeper وصل می‌شود. اگر طول کشید، به مسئول سرور خبر دهید.
remedy-check-line = Linekeeper خودش دوباره وصل می‌شود. اگر زیاد پیش می‌آید، کابل، Wi-Fi یا VPN را بررسی کنید.
remedy-ask-about-hangups = سرور پی‌درپی می‌پذیرد و قطع می‌کند. از مسئول سرور بپرسید؛ Linekeeper فعلاً کمتر تلاش می‌کند.
remedy-ask-about-stop = سرور فعلاً اتصال نمی‌خواهد. از مسئول سرور بپرسید؛ اتصال دوبارهٔ دستی همین حالا تلاش می‌کند.
remedy-try-by-hand = Linekeeper اکنون فقط هر از گاهی تلاش می‌کند. وقتی علت برطرف شد، دستی دوباره وصل کنید.
remedy-report-to-server = جزئیات فنی را برای مسئول سرور بفرستید: سرور قواعد پروتکل را رعایت نمی‌کند.
remedy-shrink-messages = از مسئول سرور بخواهید پیام‌های کوچک‌تری بفرستد.
remedy-returns-by-itself = پیام‌ها می‌رسند. همین که راه معمول دوباره کار کند، Linekeeper خودش به آن برمی‌گردد.
remedy-report-defect = این ایراد خود Linekeeper است. فایل‌های گزارش آن را برای مسئولش بفرستید.
owner-you = شما
owner-administrator = مدیر شبکه
owner-server = مسئول سرور
owner-linekeeper = Linekeeper
