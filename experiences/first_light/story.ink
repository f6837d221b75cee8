-> shore
=== shore
# scene: shore
The tide is out. One light is left. # id: shore_1
+ [Towards the moon # id: moon # default] -> away
+ [Wait here # id: wait] -> away
=== away
# scene: away
Whichever you chose, it was the sea that moved. # id: away_1
-> END
