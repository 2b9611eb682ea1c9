# Слова окна по-русски. Те же ключи и аргументы, что в en.ftl (words.test.ts). Одно слово для одной вещи: glossary.md.

## Frame
app-name = Linekeeper
sections = Разделы
overview = Обзор
messages = Сообщения
sending = Отправка
help = Справка
language = Язык
skip = Перейти к содержимому
close = Закрыть
dismiss = Скрыть
keep = Оставить
quit = Выйти из Linekeeper

## Quantities
span-s = { $s } с
span-min = { $min } мин
span-h = { $h } ч
span-h-min = { $h } ч { $min } мин
span-d = { $d } дн.
span-d-h = { $d } дн. { $h } ч
unit-ms = { $n } мс
unit-s = { $n } с
unit-b = { $n } Б
unit-kb = { $n } кБ
unit-mb = { $n } МБ
unit-gb = { $n } ГБ
unit-tb = { $n } ТБ
ago = { $duration } назад

## First sentence
verdict-connected = { $total ->
    [1] Соединение работает
   *[other] Работают все соединения: { $total }
}
verdict-degraded = { $total ->
    [1] Соединение работает по резервному пути
   *[other] Работают все соединения: { $total }, по резервному пути: { $fallback }
}
verdict-partial = { $up ->
    [one] Работает { $up } из { $total ->
        [one] { $total } соединения
       *[other] { $total } соединений
    }
   *[other] Работают { $up } из { $total ->
        [one] { $total } соединения
       *[other] { $total } соединений
    }
}
verdict-down = { $total ->
    [1] Соединение не работает
   *[other] Ни одно соединение не работает
}
verdict-offline = У этого компьютера нет сети
verdict-paused = { $total ->
    [1] Соединение на паузе
   *[other] Все соединения на паузе: { $total }
}
verdict-connecting = { $up ->
    [0] Подключаемся
    [one] Работает { $up } из { $total ->
        [one] { $total } соединения
       *[other] { $total } соединений
    }
   *[other] Работают { $up } из { $total ->
        [one] { $total } соединения
       *[other] { $total } соединений
    }
}
verdict-empty = Соединений пока нет
verdict-opening = Спрашиваем Linekeeper
verdict-lost = Linekeeper здесь не запущен; пробуем снова

## Second sentence
cause-down = { $count ->
    [1] { $names } не работает { $duration }.
   *[other] Не работают { $names }; дольше всего — { $duration }.
}
cause-no-network = Нет сети для { $names }.
cause-offline = Соединения восстановятся сами, когда появится сеть.
cause-fallback = { $count ->
    [1] { $names } работает по резервному пути.
   *[other] { $names } работают по резервному пути.
}
cause-connecting = { $count ->
    [1] { $names } подключается.
   *[other] { $names } подключаются.
}
cause-paused = На паузе: { $names }.
cause-waiting = { $count ->
    [one] { $count } сообщение ожидает отправки.
    [few] { $count } сообщения ожидают отправки.
   *[other] { $count } сообщений ожидают отправки.
}
cause-on-disk = { $count ->
    [one] { $count } сообщение ждёт в сохранности на диске.
    [few] { $count } сообщения ждут в сохранности на диске.
   *[other] { $count } сообщений ждут в сохранности на диске.
}
cause-steady = Без изменений { $duration }.
cause-empty = Ничего не настроено, поэтому и поддерживать нечего.
cause-lost = Ниже — последнее, что было известно.
names-more = ещё { $count }

## One connection
state-up = Подключено
state-fallback = Подключено по резервному пути
state-connecting = Подключение
state-reconnecting = Переподключение
state-disconnected = Отключено
state-failed = Сбой
state-offline = Нет сети
state-paused = На паузе
line-up = работает { $duration }
line-fallback = работает { $duration } по резервному пути
line-backup = работает { $duration } на { $host }
line-quality = работает { $duration }, качество { $quality }
line-connecting = подключается { $duration }
line-offline = нет сети { $duration }
line-paused = на паузе { $duration }
line-down = не работает { $duration }
line-attempt = не работает { $duration }, попытка { $attempt }
line-reason = не работает { $duration }, { $reason }
reason-paused = на паузе
reason-auth-required = вход не принят
reason-misconfigured = неверный адрес
reason-max-attempts = все разрешённые попытки исчерпаны
reason-server-stop = сервер просит не подключаться
reason-flapping = нестабильно
reason-captive-portal = сеть требует войти
reason-offline = нет сети
transport-websocket = WebSocket
transport-sse = SSE
transport-long-poll = Долгий опрос
transport-poll = Опрос
pill-fallback = { $transport }, резерв
pill-backup = Запасной сервер
next-try = снова через { $duration }
next-try-now = пробуем сейчас
next-check = Основной сервер проверим снова через { $duration }.
next-check-now = Сейчас проверяется основной сервер.
wait-backoff = После каждой неудачной попытки ждём дольше, чтобы щадить сервер.
wait-local = Причина была на этом компьютере: следующая попытка сразу.
wait-server-restarting = Серверу нужно немного времени, чтобы вернуться.
wait-overloaded = Серверу даётся время справиться с нагрузкой.
wait-server-asked = Сервер просил подождать до { $time }.
wait-flapping = Соединение снова и снова обрывается, поэтому попытки реже.
wait-slow-probe = Пока причина не устранена, пробуем лишь изредка.
wait-budget = Пока что к этому серверу обращались достаточно часто.
response-p95 = p95 { $time }
response-hint = Половина ответов пришла за { $p50 }, 95 из 100 — за { $p95 }.
sparkline = Время ответа, новое последним

## Orders
reconnect = Переподключить
reconnect-all = Переподключить все
pause = Приостановить
pause-all = Приостановить все
resume = Возобновить
resume-all = Возобновить все
try-now = Повторить
connect = Подключить
details = Подробности
show-messages = Показать сообщения
order-failed = Не получилось.

## Details of a connection
detail-address = Адрес
detail-host = Сейчас используется
detail-transport = Транспорт
detail-response = Время ответа
detail-response-value = { $last } сейчас, { $p50 } медиана, { $p95 } p95
detail-quality = Качество
detail-usual = Обычное время
detail-lost = Потеряно пингов
detail-answer = Последний ответ
detail-received = Получено
detail-sent = Отправлено
detail-traffic = { $count ->
    [one] { $count } сообщение, { $size }
    [few] { $count } сообщения, { $size }
   *[other] { $count } сообщений, { $size }
}
detail-reconnects = Переподключения
detail-errors = Ошибки
detail-next = Следующая попытка
detail-primary = Основной сервер
detail-last-error = Последняя ошибка
detail-remedy = Что делать
detail-owner = Кто может помочь
detail-technical = Технические сведения
detail-none = нет
quality-good = хорошее
quality-fair = среднее
quality-poor = плохое
quality-unknown = ещё не измерено

## Problems of the agent
problems = Неполадки
problem-at = Соединение { $name }
empty-title = Здесь появятся ваши соединения
empty-body = О каждом видно, работает ли оно, как быстро отвечает и что пошло не так в последний раз.
empty-add = Чтобы добавить соединение, впишите его в файл настроек. Где он, покажет команда:
empty-demo = Чтобы сначала осмотреться, запустите с демонстрационными данными:

## Messages
messages-hint = Последние 100 от каждого соединения, новые сверху.
messages-from = Откуда
messages-all = Все соединения
messages-filter = Фильтр
messages-filter-hint = Текст в сообщении
messages-hold = Задержать
messages-continue = { $count ->
    [0] Продолжить
   *[other] Продолжить, задержано { $count }
}
messages-count = { $shown } из { $total }
messages-list = Полученные сообщения
messages-none = Сообщений пока нет
messages-none-hint = Всё, что придёт, сразу появится здесь.
messages-no-match = Ни одно сообщение не подходит
messages-no-match-hint = Измените фильтр или очистите его, чтобы видеть все.
messages-clear = Очистить фильтр
messages-load-failed = Прежние сообщения загрузить не удалось.
message-shortened = сокращено
message-empty = пусто
message-detail = Сообщение { $seq } от { $name }
message-received = { $time }, { $size }
binary-size = Двоичные данные, { $size }
feed-volume = объём { $n }
feed-models = моделей доступно: { $available } из { $total }
feed-sources = источников активно: { $active } из { $total }
feed-requests = { $n } запросов/мин
feed-failed = со сбоем: { $n }
feed-loading = загружается: { $n }
feed-database-online = база данных на связи
feed-database-offline = база данных недоступна
feed-fear-greed = Страх и жадность { $value }
feed-hub-open = Сеанс { $id } открыт
feed-hub-pong = Ответ на пинг
mood-extreme-fear = крайний страх
mood-fear = страх
mood-neutral = нейтрально
mood-greed = жадность
mood-extreme-greed = крайняя жадность
mood-positive = позитивно
mood-negative = негативно
mood-bullish = ожидают роста
mood-bearish = ожидают падения
mood-mixed = смешанно

## Waiting messages of one connection
waiting-back = { $count ->
    [one] { $count } сообщение ждёт; оно уйдёт, когда соединение восстановится.
    [few] { $count } сообщения ждут; они уйдут, когда соединение восстановится.
   *[other] { $count } сообщений ждут; они уйдут, когда соединение восстановится.
}
waiting-first = { $count ->
    [one] { $count } сообщение ждёт; оно уйдёт, как только соединение заработает.
    [few] { $count } сообщения ждут; они уйдут, как только соединение заработает.
   *[other] { $count } сообщений ждут; они уйдут, как только соединение заработает.
}
waiting-resume = { $count ->
    [one] { $count } сообщение ждёт; оно уйдёт, когда вы возобновите соединение.
    [few] { $count } сообщения ждут; они уйдут, когда вы возобновите соединение.
   *[other] { $count } сообщений ждут; они уйдут, когда вы возобновите соединение.
}
waiting-now = { $count ->
    [one] { $count } сообщение в пути.
    [few] { $count } сообщения в пути.
   *[other] { $count } сообщений в пути.
}
waiting-none = ничего не ждёт
not-delivered = { $count ->
    [one] { $count } сообщение не удалось доставить.
    [few] { $count } сообщения не удалось доставить.
   *[other] { $count } сообщений не удалось доставить.
}
oldest = старейшему { $duration }
level-memory = В памяти: принятое пропадёт, когда Linekeeper завершится.
level-process = В файле: принятое переживёт сбой Linekeeper, но не отключение питания.
level-power = На диске: принятое переживёт сбой и отключение питания.
pill-not-delivered = Не доставлено: { $count }
pill-memory = Только в памяти
buffer-ok = Принимает сообщения
buffer-full = Заполнено
buffer-unavailable = Диск не пишет
detail-waiting = Ожидает
detail-oldest = Старейшему
detail-on-the-way = В пути
detail-on-the-way-value = отправлено без подтверждения: { $count }
detail-promise = Обещание
detail-buffer = Состояние

## Sending
sending-title = { $count ->
    [0] Ни одно сообщение не ожидает отправки
    [one] { $count } сообщение ожидает отправки
    [few] { $count } сообщения ожидают отправки
   *[other] { $count } сообщений ожидают отправки
}
sending-hint = Принятое ждёт здесь по порядку, пока его не получит сервер.
compose-label = Сообщение для { $name }
compose-placeholder = Текст или JSON; уйдёт как есть
compose-send = Отправить
compose-sending = Сохраняем
compose-keys = отправить
compose-not-json = Похоже на JSON, но с ошибкой. Уйдёт как есть.
compose-now = Уйдёт сразу.
compose-back = Подождёт на этом компьютере и уйдёт, когда соединение восстановится.
compose-first = Подождёт на этом компьютере и уйдёт, как только соединение заработает.
compose-resume = Подождёт на этом компьютере и уйдёт, когда вы возобновите соединение.
compose-refused = Не принято.
compose-unknown = Ответа не было, и неизвестно, принято ли сообщение. Отправить ещё раз можно смело: оно засчитается один раз.
sent-title = Отправлено из этого окна
sent-storing = сохраняется
sent-accepted = принято
sent-delivered = доставлено
sent-delivered-after = доставлено через { $duration }
sent-missed = принято; что было дальше, здесь пропущено
show = Показать
send-message = Отправить сообщение
waiting-title = Ожидающие сообщения
waiting-facts = Ждёт { $duration }, { $size }.
waiting-failed = { $count ->
    [one] Не удалась { $count } попытка.
    [few] Не удались { $count } попытки.
   *[other] Не удалось { $count } попыток.
}
waiting-sent = Возможно, уже отправлено; подтверждения нет.
waiting-fetching = Загружаем содержимое
waiting-gone = Оно больше не ждёт.
waiting-cut = Это его начало.
waiting-shown = { $shown } из { $total }, в порядке поступления.
waiting-ask-hint = { $count ->
    [1] { $name } его не получит. Вернуть его нельзя.
   *[other] { $name } их не получит. Вернуть их нельзя.
}
waiting-ask-sent = { $count ->
    [1] { $name }: возможно, оно уже получено; если нет, получено не будет. Вернуть его нельзя.
   *[other] { $name }: часть, возможно, уже получена; остальные получены не будут. Вернуть их нельзя.
}
page-back = Назад
page-next = Дальше
dead-title = Не доставлено
dead-hint = Отложены, чтобы остальные могли идти. Лежат, пока вы не решите; отправленные снова встанут за теми, что ждут.
dead-poison = { $attempts ->
    [one] Не удалась { $attempts } попытка.
    [few] Не удались все { $attempts } попытки.
   *[other] Не удались все { $attempts } попыток.
}
dead-refused = Сервер не принимает его в таком виде.
dead-corrupt = Повреждено на диске, отправить снова нельзя.
dead-retry = Отправить снова
dead-delete = Удалить
dead-delete-all = Удалить все
dead-export = Сохранить в файл
dead-exported = Сохранено: { $place }
dead-ask-one = Удалить это сообщение?
dead-ask-all = { $count ->
    [one] Удалить { $count } сообщение?
    [few] Удалить { $count } сообщения?
   *[other] Удалить { $count } сообщений?
}
dead-ask-hint = { $count ->
    [one] { $name }: это сообщение так и не получено. Вернуть его будет нельзя.
   *[other] { $name }: эти сообщения так и не получены. Вернуть их будет нельзя.
}
dead-facts = { $size }, отложено { $duration } назад.
dead-shown = Старейшие { $shown } из { $total }. В файле будут все.
dead-load-failed = Эти сообщения загрузить не удалось.

## Diagnostics
check = Диагностика
check-hint = Одним нажатием проверяется путь от этого компьютера до каждого сервера: видно, что не так и кто может это исправить.
check-run = Запустить диагностику
check-again = Проверить снова
check-deep = Глубокая проверка
check-deep-hint = Проверяет также тишину на линии, большие пакеты и время большего числа ответов. Занимает до двух минут.
check-cancel = Отменить
check-which = Что проверяется
check-begins = Проверка начинается.
check-progress = Шаг { $step } из { $total }: { $doing }, { $duration }
check-many = { $count ->
    [one] { $count } соединение
    [few] { $count } соединения
   *[many] { $count } соединений
}
check-made = { $what }, проверено { $ago } назад за { $took }
check-made-deep = { $what }, глубокая проверка { $ago } назад за { $took }
check-who = Кто может исправить
check-do = Что делать
check-meanwhile = Сейчас
check-meanwhile-up = { $count ->
    [0] Работает через { $transport }, ничего не ждёт.
    [one] Работает через { $transport }, ждёт { $count } сообщение.
    [few] Работает через { $transport }, ждут { $count } сообщения.
   *[many] Работает через { $transport }, ждут { $count } сообщений.
}
check-meanwhile-down = { $count ->
    [0] Не работает, ничего не ждёт.
    [one] Не работает, ждёт { $count } сообщение.
    [few] Не работает, ждут { $count } сообщения.
   *[many] Не работает, ждут { $count } сообщений.
}
check-meanwhile-retry = { $count ->
    [0] Не работает, следующая попытка через { $duration }.
    [one] Не работает, следующая попытка через { $duration }; ждёт { $count } сообщение.
    [few] Не работает, следующая попытка через { $duration }; ждут { $count } сообщения.
   *[many] Не работает, следующая попытка через { $duration }; ждут { $count } сообщений.
}
check-copy = Скопировать
check-copy-it = Текст для администратора
check-copied = Результат скопирован.
check-copied-it = Текст для тех, кто отвечает за сеть, скопирован.
check-save-page = Сохранить страницу
check-save-bundle = Файл для поддержки…
check-saved = Сохранено: { $place }
check-reference = Код находки и номер, чтобы назвать по телефону
check-compared = { $name }, по сравнению с последней удачной проверкой { $ago } назад: { $changes }.
change-issuer = издатель { $before } → { $now }
change-addresses = адреса { $before } → { $now }
change-websocket = WebSocket { $before } → { $now }
change-dns = имя { $before } → { $now }
change-tcp = связь { $before } → { $now }
change-tls = защита { $before } → { $now }
change-upgrade = открытие WebSocket { $before } → { $now }
change-median = время ответа { $before } → { $now }
change-proxy = прокси { $before } → { $now }
check-findings = { $count ->
    [one] { $count } находка
    [few] { $count } находки
   *[many] { $count } находок
}
check-follows = Следствие { $code }
check-steps = { $count ->
    [one] { $count } шаг
    [few] { $count } шага
   *[many] { $count } шагов
}
check-step = Шаг
check-step-for = Соединение
check-step-state = Результат
check-step-time = Время
severity-info = К сведению
severity-warn = Не так, как должно быть
severity-fail = Не работает
stage-computer = Этот компьютер
stage-name = Имя
stage-connection = Связь
stage-proxy = Прокси
stage-security = Защита
stage-web = Веб
stage-websocket = WebSocket
stage-fallback = Резервные пути
stage-response = Время ответа
stage-silence = Тишина
stage-doing-computer = смотрим сеть этого компьютера
stage-doing-name = ищем адрес по имени
stage-doing-connection = соединяемся с каждым адресом
stage-doing-proxy = соединяемся через прокси
stage-doing-security = проверяем сертификат
stage-doing-web = запрашиваем страницу
stage-doing-websocket = открываем WebSocket
stage-doing-fallback = пробуем резервные пути
stage-doing-response = измеряем время ответа
stage-doing-silence = ждём в тишине
stage-is-pass = Работает
stage-is-warn = Не так, как должно быть
stage-is-fail = Не работает
stage-is-error = Прервано
stage-is-running = Идёт
stage-is-cancelled = Отменено
stage-is-skip = Не проверено
stage-is-awaited = Ещё не начато
stage-is-na = Неприменимо
check-skipped = не проверено: не работает то, что для этого нужно
check-cancelled = проверка закончилась раньше этого
check-broke-off = этот шаг прервался
check-addresses = { $count ->
    [one] { $count } адрес
    [few] { $count } адреса
   *[many] { $count } адресов
}
check-connected-to = { $address }
check-address-dead = { $address }: { $result ->
    [refused] соединение отклонено
    [timeout] нет ответа
    [unreachable] нет пути
    [denied] запрещено правилом на этом компьютере
   *[failed] не удалось
}
check-through = через { $proxy }
check-certificate = { $days ->
    [one] издатель { $issuer }, остался { $days } день
    [few] издатель { $issuer }, осталось { $days } дня
   *[many] издатель { $issuer }, осталось { $days } дней
}
check-answered = отвечает: { $status }
check-answered-by = { $server } отвечает: { $status }
check-open = открывается
check-median = { $count ->
    [one] обычно { $time }, { $count } ответ
    [few] обычно { $time }, { $count } ответа
   *[many] обычно { $time }, { $count } ответов
}
check-network = сеть { $name } работает
check-clock = сеть работает; часы расходятся на { $time }
check-no-interface = нет сети
recording-title = Проблема появляется время от времени?
recording-hint = Запишите её: начните запись, дождитесь проблемы, остановите. Журнал станет подробнее, не дольше чем на 15 минут, а файл для поддержки укажет, где читать. Никуда ничего не отправляется.
recording-start = Начать запись проблемы
recording-again = Записать ещё раз
recording-on = Идёт запись проблемы
recording-left = осталось { $left }
recording-on-hint = Дождитесь проблемы или повторите её, затем остановите запись. Действия Linekeeper подробно записываются в журнал, а сообщения и пароли — нет.
recording-reference = Номер, чтобы назвать по телефону
recording-stop = Остановить запись
recording-over = Проблема записана
recording-done = Запись длилась { $took }, номер { $reference }. Файл для поддержки, сохранённый теперь, укажет это время, и читать весь журнал не придётся.
bundle-title = Файл для поддержки
bundle-hint = Один файл для тех, кто вам помогает. Паролей, токенов, имён пользователей и сообщений в нём никогда нет; посмотрите, прежде чем сохранить.
bundle-privacy = Убрать также
privacy-standard = Адреса и идентификаторы
privacy-strict = Адреса, идентификаторы и имена серверов
privacy-full = Больше ничего
privacy-full-hint = Адреса этой сети останутся читаемыми. Передавайте файл только тем, кто за неё отвечает.
bundle-removed = { $count ->
    [0] ничего не убрано
    [one] убрано: { $count }
    [few] убрано: { $count }
   *[many] убрано: { $count }
}
bundle-look = Посмотреть
bundle-save = Сохранить

## Help
help-hint = Клавиши, версии и где что находится.
help-keys = Клавиши
help-versions = Версии
help-places = Где что находится
key-overview = Открыть обзор
key-messages = Открыть сообщения
key-sending = Открыть отправку
key-check = Открыть диагностику
key-help = Открыть справку
key-reconnect = Переподключить все соединения
key-hold = Задержать или продолжить сообщения
key-filter = Фильтровать сообщения
key-compose = Написать сообщение
key-run-check = Запустить проверку
key-sheet = Показать клавиши
key-escape = Закрыть открытое
key-then = { $first }, затем { $second }
key-or = или
version-agent = Агент
version-window = Окно
version-process = Процесс
version-uptime = Работает
place-gateway = Локальный шлюз
place-gateway-off = выключен
place-config = Файл настроек
place-status = Состояние в терминале
place-link = Ссылка на эту страницу

## Without a token
token-title = У этой страницы своя ссылка
token-body = В ссылке есть токен: он подтверждает, что вам можно видеть эти соединения. Её покажет команда:
token-old-title = Ссылка изменилась
token-old-body = Linekeeper больше не принимает токен этой страницы. Откройте ссылку, которую покажет команда:

## Errors: one sentence for each code; .todo says what to do
error-dns-not-found = Сервер с таким именем не найден.
error-dns-failed = Не удалось найти адрес сервера по имени.
error-dns-timeout = Поиск адреса сервера занял слишком много времени.
error-connection-refused = По адресу сервера ни одна программа не отвечает.
error-connect-timeout = Сервер не отвечает.
error-unreachable = Из этой сети до сервера не добраться.
error-network-down = У этого компьютера нет сети.
error-permission-denied = Этот компьютер не разрешает соединение.
error-connect-failed = Не удалось открыть соединение.
error-tls-name = Сертификат сервера выдан на другое имя.
error-tls-expired = Срок действия сертификата сервера истёк.
error-tls-not-yet-valid = Сертификат сервера ещё не действует. Верно ли идут часы этого компьютера?
error-tls-untrusted = Сертификат сервера выдан тем, кому этот компьютер не доверяет.
error-tls-revoked = Сертификат сервера отозван.
error-tls-timeout = Установка защищённого соединения заняла слишком много времени.
error-tls-not-spoken = По этому адресу сервер не предлагает защищённого соединения.
error-tls-failed = Не удалось установить защищённое соединение.
error-ca-file = Указанный в настройках файл доверенных сертификатов нельзя использовать.
error-client-cert = Указанный клиентский сертификат нельзя использовать.
error-client-cert-required = Сервер требует клиентский сертификат.
error-client-cert-refused = Сервер не принимает клиентский сертификат.
error-proxy-unreachable = Прокси-сервер недоступен.
error-proxy-auth-required = Прокси-сервер требует имя пользователя и пароль.
error-proxy-refused = Прокси-сервер не разрешает это соединение.
error-proxy-cannot-reach = Прокси-сервер не может связаться с сервером.
error-proxy-timeout = Подключение через прокси-сервер заняло слишком много времени.
error-proxy-failed = Прокси-сервер работает не так, как должен.
error-unauthorized = Сервер не принимает имя пользователя, пароль или токен.
error-forbidden = Сервер отказывает в доступе.
error-secret-unavailable = Не удалось прочитать секрет для сервера.
error-secret-exposed = Другие пользователи этого компьютера могут прочитать файл с секретом.
error-not-found = Сервер отвечает, но по этому адресу у него ничего нет.
error-rate-limited = Сервер просит подключаться реже.
error-service-unavailable = Сервер работает, а служба за ним — нет.
error-server-error = Сервер сообщает о собственной ошибке.
error-not-websocket = По этому адресу кто-то отвечает, но это не сервер WebSocket.
error-redirect-refused = Сервер направляет соединение в другое место, а туда ему нельзя.
error-handshake-invalid = Сервер ответил на запрос WebSocket, но неверно.
error-handshake-timeout = Сервер принял соединение, но затем не ответил.
error-handshake-closed = Сервер закрыл соединение, не ответив.
error-attempt-timeout = Подключение заняло слишком много времени.
error-not-proven = Соединение открылось, но по нему ничего не пришло.
error-ping-timeout = Соединение замолчало.
error-connection-lost = Соединение оборвалось.
error-closed-by-server = Сервер завершил соединение.
error-server-restarting = Сервер перезапускается.
error-server-overloaded = Сервер перегружен.
error-protocol-violation = Сервер прислал то, чего серверу WebSocket присылать нельзя.
error-invalid-utf8 = Сервер прислал повреждённый текст (не UTF-8).
error-message-too-big = Сообщение больше допустимого.
error-captive-portal = Эта сеть требует сначала войти.
error-max-attempts = Все разрешённые попытки исчерпаны. Время от времени пробуем снова.
error-config-invalid = В файле настроек ошибка.
    .todo = Исправьте файл. Изменения читаются сразу.
error-config-unreadable = Файл настроек не читается.
    .todo = Дайте своей учётной записи право его читать.
error-env-invalid = У переменной окружения неверное значение.
    .todo = Исправьте переменную и запустите Linekeeper снова.
error-unsupported = Эта версия не умеет того, что указано в настройках.
    .todo = Уберите настройку или установите версию, которая её знает.
error-gateway-unavailable = Локальный шлюз не запустился.
    .todo = Освободите адрес или укажите другой. На соединения это не влияет.
error-gateway-busy = У локального шлюза слишком много подключений.
    .todo = Закройте программы или страницы, которые им пользуются. На соединения с серверами это не влияет.
error-log-unavailable = Файлы журнала не записываются.
    .todo = Разрешите запись в папку. На соединения это не влияет.
error-file-not-written = Файл не удалось записать.
    .todo = Проверьте, есть ли место на диске и может ли ваша учётная запись писать в эту папку.
error-tray-unavailable = Этот рабочий стол не показывает значки в трее.
    .todo = Установите или включите область значков; в GNOME это расширение AppIndicator. До тех пор это окно при закрытии сворачивается, а повторный запуск Linekeeper возвращает его.
error-notifications-unavailable = Рабочий стол не показывает уведомления.
    .todo = Запустите службу уведомлений. До тех пор смотрите в это окно.
error-no-home = Не нашлась папка для файлов Linekeeper.
    .todo = Задайте HOME или LINEKEEPER_HOME и запустите Linekeeper снова.
error-already-running = Linekeeper уже запущен.
error-check-running = Уже идёт другая проверка.
error-bad-request = Запрос составлен неверно.
error-token-required = Токен шлюза отсутствует или неверен.
error-origin-refused = Запросы из этого источника не разрешены.
error-unknown-endpoint = Соединения с таким идентификатором нет.
error-unknown-route = По этому пути ничего нет.
error-unknown-message = Сообщения с таким идентификатором нет.
error-unknown-check = Такой проверки больше нет.
error-bundle-refused = Файл для поддержки не сохранён: в нём есть то, что не должно покидать этот компьютер.
    .todo = Исключите названный файл или сообщите об этом.
error-unsupported-media-type = Сообщения с таким типом содержимого не принимаются.
error-too-many-messages = Сообщения приходят быстрее, чем их можно принять.
error-buffer-full = Буфер неотправленных сообщений заполнен.
    .todo = Подождите, пока сервер снова начнёт принимать сообщения, или удалите часть ожидающих.
error-disk-full = На диске слишком мало места для неотправленных сообщений.
    .todo = Освободите место на диске. Ожидающие сообщения всё равно отправляются.
error-buffer-unavailable = Неотправленные сообщения невозможно сохранить.
    .todo = Проверьте, что диск исправен и что ваша учётная запись может писать в папку Linekeeper.
error-buffer-damaged = Сохранённые сообщения были повреждены.
    .todo = Всё, что удалось спасти, сохранено и отправляется. Повреждённый файл оставлен на диске.
error-messages-left = Сообщения ждут соединения, которого больше нет в настройках.
    .todo = Верните соединение в настройки и включите его, чтобы отправить их, или удалите их папку.
error-shutting-down = Linekeeper завершает работу.
error-internal = Внутри Linekeeper что-то пошло не так. Подробнее — в журнале.

## What a person can do: one for each remedy, and who can
remedy-resume = Всё в порядке. Возобновите, когда соединение снова понадобится.
remedy-join-network = Подключите этот компьютер к сети: проверьте кабель или Wi-Fi. Дальше Linekeeper подключится сам.
remedy-sign-in-to-network = Откройте браузер, зайдите на любую страницу и войдите в эту сеть. Дальше Linekeeper подключится сам.
remedy-renew-credential = Исправьте имя пользователя, пароль или токен в настройках либо попросите новые у того, кто отвечает за сервер.
remedy-mend-secret = Поместите секрет туда, где он указан в настройках; место и причина названы в технических сведениях.
remedy-ask-for-access = Попросите того, кто отвечает за сервер, открыть доступ этой учётной записи или этому компьютеру.
remedy-mend-client-certificate = Проверьте файлы клиентского сертификата и его ключа, указанные в настройках.
remedy-get-client-certificate = Попросите у того, кто отвечает за сервер, клиентский сертификат и укажите его файлы в настройках.
remedy-renew-client-certificate = Попросите у того, кто отвечает за сервер, новый клиентский сертификат: срок этого мог истечь.
remedy-sign-in-to-proxy = Узнайте у администратора сети имя пользователя и пароль прокси-сервера и впишите их в настройки.
remedy-check-proxy = Узнайте у администратора сети, работает ли прокси-сервер и верен ли его адрес в настройках.
remedy-allow-at-proxy = Попросите администратора сети разрешить прокси-серверу подключаться к этому серверу.
remedy-check-name = Проверьте, как имя сервера написано в настройках. Если верно, обратитесь к администратору сети.
remedy-check-name-service = Посмотрите, открываются ли веб-страницы. Если нет, сообщите администратору сети, что имена не находятся.
remedy-check-address = Сравните адрес в настройках с тем, который вам дали те, кто отвечает за сервер.
remedy-check-path = Проверьте часть адреса после имени сервера. Верную знает тот, кто отвечает за сервер.
remedy-check-port = Проверьте порт в настройках. Какой из них защищён, знает тот, кто отвечает за сервер.
remedy-start-server = Спросите того, кто отвечает за сервер, запущен ли он, и проверьте порт в настройках.
remedy-check-route = Проверьте сеть, а если серверу нужен VPN, то и его. Если всё работает, обратитесь к администратору сети.
remedy-allow-in-firewall = Попросите администратора разрешить Linekeeper в брандмауэре или защитной программе этого компьютера.
remedy-correct-certificate-name = Проверьте имя сервера в настройках. Если оно верно, сертификат должен исправить тот, кто отвечает за сервер.
remedy-replace-certificate = Проверьте дату на этом компьютере. Если она верна, сообщите тому, кто отвечает за сервер: нужен новый сертификат.
remedy-set-clock = Установите дату и время этого компьютера. Если они верны, сообщите тому, кто отвечает за сервер.
remedy-trust-issuer = Попросите у администратора сертификат издателя и укажите его файл в настройках как ca_file.
remedy-check-inspection = Узнайте у администратора сети, не проверяет ли прокси-сервер или защитная программа защищённые соединения.
remedy-mend-ca-file = Проверьте файл, указанный в настройках как ca_file: он должен читаться и содержать сертификаты.
remedy-let-websocket-through = Узнайте у администратора сети, не блокирует ли прокси-сервер или брандмауэр WebSocket. Если нет, спросите того, кто отвечает за сервер.
remedy-respect-wait = Linekeeper ждёт столько, сколько просил сервер. Переподключение вручную пробует сразу.
remedy-ask-for-higher-limit = Linekeeper сам пробует реже. Если это повторяется, попросите того, кто отвечает за сервер, поднять предел.
remedy-wait-for-server = Linekeeper подключится, как только сервер будет готов. Если это затянется, сообщите тому, кто отвечает за сервер.
remedy-check-line = Linekeeper переподключится сам. Если это повторяется, проверьте кабель, Wi-Fi или VPN.
remedy-ask-about-hangups = Сервер снова и снова принимает и обрывает. Спросите того, кто за него отвечает; Linekeeper пока пробует реже.
remedy-ask-about-stop = Сервер пока не хочет соединения. Спросите того, кто за него отвечает; переподключение вручную пробует сразу.
remedy-try-by-hand = Теперь Linekeeper пробует лишь изредка. Когда причина устранена, переподключите вручную.
remedy-report-to-server = Передайте технические сведения тем, кто отвечает за сервер: он нарушает правила протокола.
remedy-shrink-messages = Попросите тех, кто отвечает за сервер, присылать сообщения поменьше.
remedy-returns-by-itself = Сообщения идут. Linekeeper сам вернётся на обычный путь, как только тот снова заработает.
remedy-report-defect = Это ошибка Linekeeper. Передайте файлы журнала тому, кто за него отвечает.
owner-you = вы
owner-administrator = администратор
owner-server = кто отвечает за сервер
owner-linekeeper = Linekeeper
