-> roll
=== roll
# scene: roll
{RANDOM(1, 1000)} {RANDOM(1, 1000)} {RANDOM(1, 1000)} # id: roll_1
-> END
