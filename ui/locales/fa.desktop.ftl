# واژه‌های سینی و اعلان‌ها به فارسی، افزون بر واژه‌های پنجره (fa.ftl). کلیدها و آرگومان‌ها همان en.desktop.ftl است.
# برای هر چیز یک واژه: glossary.md.

span-min-s = { $min } دقیقه و { $s } ثانیه

## Tray
# A line of nothing but names and values has no direction of its own: the mark gives it ours.
tray-line = { "\u200F" }{ $name }: { $state }
tray-pair = { "\u200F" }{ $first }، { $second }
tray-connecting = در حال اتصال
tray-disconnected = قطع
tray-failed = ناموفق
tray-waiting = { $count } پیام منتظر
tray-more = { $count } اتصال دیگر
tray-more-down = { $count } اتصال دیگر، { $down } تا قطع
tray-check = اجرای عیب‌یابی
tray-open = باز کردن Linekeeper
tray-quit = خروج از Linekeeper

## Notices: something is down
notice-down = اتصال { $name } قطع است
notice-down-group = { $down } اتصال از { $total } اتصال قطع است
notice-blocked = اتصال { $name } برقرار نمی‌شود
notice-keeps-trying = تلاش Linekeeper ادامه دارد.
notice-waiting = { $count } پیام منتظر ارسال است.

## Notices: why it does not come back by itself, and what to do
why-auth-required = ورود پذیرفته نشد. نام کاربری، گذرواژه یا توکن را در فایل پیکربندی درست کنید.
why-misconfigured = سرور پاسخ می‌دهد، اما نه آن‌طور که باید. نشانی و مسیر را در فایل پیکربندی بررسی کنید.
why-max-attempts = همهٔ تلاش‌های مجاز ناموفق بود. Linekeeper هر از گاهی دوباره تلاش می‌کند.
why-server-stop = سرور خواست که دیگر وصل نشویم.
why-flapping = این اتصال پی‌درپی وصل و قطع می‌شود.
why-captive-portal = این شبکه ورود به حساب می‌خواهد. مرورگر را باز کنید و وارد شوید.
why-offline = این رایانه شبکه ندارد.

## Notices: it drops again and again
notice-unstable = اتصال { $name } ناپایدار است
notice-unstable-group = { $count } اتصال ناپایدار است
notice-unstable-drops = در { $span }، { $count } بار قطع شد. تلاش Linekeeper ادامه دارد.
notice-unstable-too = ناپایدار: { $names }

## Notices: it is up again
notice-back = اتصال { $name } پس از { $duration } دوباره برقرار شد
notice-back-group = { $count } اتصال پس از { $duration } دوباره برقرار شد
notice-on-fallback = از مسیر جایگزین وصل است: { $transport }.
notice-on-backup = به میزبان جایگزین وصل است: { $host }.
notice-still-down = هنوز قطع: { $names }

## Notices: something is wrong with messages that wait
notice-buffer-full = پیام‌های زیادی منتظر { $name } است
notice-disk-full = دیسک برای پیام‌های { $name } جا ندارد
notice-buffer-unavailable = پیام‌های { $name } را نمی‌توان ذخیره کرد
notice-buffer-damaged = پیام‌های ذخیره‌شدهٔ { $name } آسیب دیده بود
notice-not-delivered = { $count } پیام به { $name } تحویل نشد
notice-not-delivered-todo = تا آن را دوباره نفرستید یا حذف نکنید، کنار می‌ماند.
notice-messages-group = پیام‌های { $count } اتصال رسیدگی می‌خواهد
