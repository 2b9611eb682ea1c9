# Hands each line over as a message. A line is told as ID and SEQ when it is as safe as its `level` says; --json shows it.
for number in 1 2 3; do
  echo "{\"text\":\"hello from the shell\",\"number\":$number}"
done | linekeeper send hub
