# Слова отчёта о проверке, кроме находок и шагов. Ключи и аргументы те же, что в en.report.ftl.
# Для каждой вещи одно слово: glossary.md.

report-title = Проверка Linekeeper { $ref }
report-ok = ВСЁ РАБОТАЕТ
report-degraded = РАБОТАЕТ НЕ ТАК, КАК ДОЛЖНО
report-problem = НЕПОЛАДКА
report-incomplete = НЕ ЗАКОНЧЕНО
report-who = Кто
report-do = Что делать
report-meanwhile = Сейчас
report-reference = Номер
report-code = Код
report-also = Ещё
report-and-more = { $count ->
    [one] и ещё { $count }
    [few] и ещё { $count }
   *[other] и ещё { $count }
}
report-colon = { $name }: { $value }
report-pair = { $first }, { $second }
report-value-if = { $value } ({ $remark })

## How a part of the way is
status-ok = ок
status-warn = внимание
status-fail = СБОЙ
status-skip = пропуск
status-cut = отмена
status-error = ошибка

## Parts of the way
row-name = имя
row-connect = соединение
row-proxy = прокси
row-backups = запасные
row-security = защита
row-web = веб
row-websocket = websocket
row-quality = качество
row-idle = тишина

## What is said of them
note-addresses = { $count ->
    [one] { $count } адрес
    [few] { $count } адреса
   *[other] { $count } адресов
}
note-literal = сам адрес, без имени
note-in = { $what } за { $time }
note-dead = не отвечает: { $count } из { $total }
note-backups = доступно { $reached } из { $count }
note-from = { $status } от { $server }
note-status = { $status }
note-clock = часы { $skew }
note-issuer = подписал «{ $issuer }»
note-days = { $count ->
    [one] остался { $count } день
    [few] осталось { $count } дня
   *[other] осталось { $count } дней
}
note-expired = истёк
note-median = обычно { $median }, не более { $max }
note-retransmits = { $count ->
    [one] { $count } повторная передача
    [few] { $count } повторные передачи
   *[other] { $count } повторных передач
}
note-through = { $proxy } ({ $source })
note-needs = нужна часть «{ $part }»

## What an address or a name server said
address-connected = соединение есть
address-refused = отклонено
address-timeout = нет ответа
address-unreachable = нет пути
address-denied = запрещено правилом здесь
address-failed = не удалось
answer-ok = отвечает
answer-no-data = нет адреса
answer-nxdomain = нет такого имени
answer-servfail = сбой
answer-refused = отказывает
answer-timeout = нет ответа
source-configuration = файл настроек
source-environment = переменные окружения
source-desktop = настройки системы
transport-websocket = WebSocket
transport-sse = SSE
transport-long-poll = долгий опрос
transport-poll = опрос

## Live connection
live-connected = соединение работает
live-connected-over = соединение работает через { $transport }
live-connecting = подключение
live-reconnecting = переподключение
live-disconnected = соединения нет
live-failed = соединения нет
live-next = следующая попытка через { $time }
live-waiting = { $count ->
    [one] { $count } ожидающее сообщение
    [few] { $count } ожидающих сообщения
   *[other] { $count } ожидающих сообщений
}

## Comparison
changed-since = Изменилось с последней удачной проверки ({ $age } назад)
changed-nothing = С последней удачной проверки ничего не изменилось ({ $age } назад)
changed-issuer = издатель сертификата
changed-addresses = адреса
changed-websocket = WebSocket
changed-proxy = прокси
changed-dns = поиск имени
changed-tcp = соединение
changed-tls = начало шифрования
changed-upgrade = открытие WebSocket
changed-first-byte = первый ответ
changed-median = время ответа
changed-works = работает
changed-works-not = не работает
changed-none = нет
changed-before = Было
changed-now = Стало

## Sections of the HTML file
part-endpoints = Соединения
part-findings = Что найдено
part-timing = На что ушло время
part-addresses = Адреса
part-name-servers = Серверы имён
part-certificates = Сертификаты
part-computer = Этот компьютер
part-steps = Все шаги
part-it = Текст для администратора
part-details = Подробности
phase-dns = имя
phase-tcp = соединение
phase-proxy = прокси
phase-tls = защита
phase-upgrade = WebSocket
phase-first-byte = веб-ответ
phase-total = всего
column-step = Шаг
column-for = Для
column-result = Итог
column-took = Время
column-said = Что обнаружено
column-address = Адрес
column-server = Сервер
column-subject = Для
column-issuer = Кем подписан
column-valid = Действует
column-what = Что
computer-interfaces = Интерфейсы
computer-gateways = Маршрутизаторы
computer-resolvers = Серверы имён
computer-proxy = Прокси
computer-clock = Часы
computer-vpn = VPN
computer-free = Место для ожидающих сообщений
nothing-found = Ничего необычного.
attempts = { $count ->
    [one] { $count } попытка
    [few] { $count } попытки
   *[other] { $count } попыток
}
footer-mode-quick = быстрая
footer-mode-deep = глубокая
footer-run = запуск { $id }
footer-redacted = Пароли, токены и личные имена убраны ({ $count }).
footer-local = { $time } по местному времени

## Text for IT
it-subject = Просьба помочь: { $line }
it-destination = Сервер
it-port = Порт
it-protocol = Протокол
it-proxy = Прокси на пути
it-reason = Что не так
it-wanted = Что поможет
it-evidence = Что видно
it-when = Проверено
it-trace = Как найти запросы
it-trace-text = в каждом запросе проверки есть заголовок X-Diag-Run: { $id }
it-protocol-wss = WebSocket поверх TLS (wss), TCP
it-protocol-ws = WebSocket (ws), TCP

## Quantities
time-ms = { $n } мс
time-s = { $n } с
time-min = { $n } мин
time-h = { $n } ч
time-d = { $n } дн.
size-mb = { $n } МБ
size-gb = { $n } ГБ
