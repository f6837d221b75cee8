EXTERNAL weather(place)
VAR seen = 0
-> start
=== start
# scene: start
First. # id: start_1
~ seen = weather("street")
Rain {seen}. # id: start_2
+ [On # id: on # default] -> END
