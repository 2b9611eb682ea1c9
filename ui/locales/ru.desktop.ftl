# Слова трея и уведомлений по-русски, вдобавок к словам окна (ru.ftl). Те же ключи и аргументы, что в en.desktop.ftl.
# Одно слово для одной вещи: glossary.md.

span-min-s = { $min } мин { $s } с

## Tray
tray-line = { $name }: { $state }
tray-pair = { $first }, { $second }
tray-connecting = подключение
tray-disconnected = отключено
tray-failed = сбой
tray-waiting = { $count ->
    [one] { $count } ожидающее сообщение
    [few] { $count } ожидающих сообщения
   *[other] { $count } ожидающих сообщений
}
tray-more = { $count ->
    [one] Ещё { $count } соединение
    [few] Ещё { $count } соединения
   *[other] Ещё { $count } соединений
}
tray-more-down = { $count ->
    [one] Ещё { $count } соединение, не работает: { $down }
    [few] Ещё { $count } соединения, не работают: { $down }
   *[other] Ещё { $count } соединений, не работают: { $down }
}
tray-check = Запустить диагностику
tray-open = Открыть Linekeeper
tray-quit = Выйти из Linekeeper

## Notices: something is down
notice-down = { $name } не работает
notice-down-group = { $down ->
    [one] Не работает { $down }
   *[other] Не работают { $down }
} из { $total ->
    [one] { $total } соединения
   *[other] { $total } соединений
}
notice-blocked = { $name } не может подключиться
notice-keeps-trying = Linekeeper продолжает попытки.
notice-waiting = { $count ->
    [one] { $count } сообщение ожидает отправки.
    [few] { $count } сообщения ожидают отправки.
   *[other] { $count } сообщений ожидают отправки.
}

## Notices: why it does not come back by itself, and what to do
why-auth-required = Вход не принят. Исправьте имя пользователя, пароль или токен в файле настроек.
why-misconfigured = Сервер отвечает, но не так, как должен. Проверьте адрес и путь в файле настроек.
why-max-attempts = Все разрешённые попытки исчерпаны. Linekeeper время от времени пробует снова.
why-server-stop = Сервер попросил больше не подключаться.
why-flapping = Соединение снова и снова открывается и обрывается.
why-captive-portal = Эта сеть требует войти. Откройте браузер и войдите.
why-offline = У этого компьютера нет сети.

## Notices: it drops again and again
notice-unstable = { $name } работает нестабильно
notice-unstable-group = { $count ->
    [one] Нестабильно работает { $count } соединение
    [few] Нестабильно работают { $count } соединения
   *[other] Нестабильно работают { $count } соединений
}
notice-unstable-drops = { $count ->
    [one] За { $span } — { $count } обрыв. Linekeeper продолжает попытки.
    [few] За { $span } — { $count } обрыва. Linekeeper продолжает попытки.
   *[other] За { $span } — { $count } обрывов. Linekeeper продолжает попытки.
}
notice-unstable-too = Работают нестабильно: { $names }

## Notices: it is up again
notice-back = { $name } снова работает после перерыва в { $duration }
notice-back-group = { $count ->
    [one] Снова работает { $count } соединение после перерыва в { $duration }
    [few] Снова работают { $count } соединения после перерыва в { $duration }
   *[other] Снова работают { $count } соединений после перерыва в { $duration }
}
notice-on-fallback = Подключено по резервному пути: { $transport }.
notice-on-backup = Подключено к запасному серверу: { $host }.
notice-still-down = Ещё не работают: { $names }

## Notices: something is wrong with messages that wait
notice-buffer-full = Слишком много сообщений ждут { $name }
notice-disk-full = На диске нет места для сообщений { $name }
notice-buffer-unavailable = Сообщения для { $name } не сохранить
notice-buffer-damaged = Сообщения для { $name } были повреждены
notice-not-delivered = { $count ->
    [one] Для { $name } не доставлено { $count } сообщение
    [few] Для { $name } не доставлено { $count } сообщения
   *[other] Для { $name } не доставлено { $count } сообщений
}
notice-not-delivered-todo = Отложено, пока вы не отправите снова или не удалите.
notice-messages-group = { $count ->
    [one] Сообщения { $count } соединения требуют внимания
   *[other] Сообщения { $count } соединений требуют внимания
}
