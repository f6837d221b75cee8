// Several beats in one settle, tags of every kind, an option under a condition, an echo, variables and a list.
# title: Demo
VAR lit = 0
VAR name = "Ada"
LIST mood = calm, (merry)
-> hall

=== hall
# scene: hall
The lift doors open. # id: hall_A1
It hums. #id:hall_A2 # speaker: lift
+ [Follow # id: follow] -> lift
+ [Stay # id: stay # default]
    ~ lit = lit + 1
    Cold. # id: stay_1 # scene: stay_cold
    -> hall
+ {lit > 0} Shout aloud # id: shout
    Echo. # id: echo_1
    -> lift

=== lift
# scene: lift
Up. # id: lift_1
-> END
