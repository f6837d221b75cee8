// What is passed in a turn before it stops: options of threads and of earlier scenes, options that may not be there.
VAR lit = false
-> porch

=== porch
# scene: porch
A porch. # id: porch_1
<- gossip
-> stairs

=== gossip
+ [Listen # id: listen # default] -> stairs

=== stairs
# scene: stairs
Stairs. # id: stairs_1
<- climbing
<- resting
-> DONE

=== climbing
{lit:
  + [Climb # id: climb # default] -> loft
}
-> DONE

=== resting
* [Rest # id: rest] -> hatch

=== hatch
# scene: hatch
A hatch. # id: hatch_1
<- voices
After the voices. # id: hatch_2
# scene: silence
Silence. # id: silence_1
+ [Back # id: back # default]
  {lit: -> loft}
  -> stairs

=== voices
# scene: voices
Voices. # id: voices_1
+ [Answer # id: answer] -> loft
-> DONE

=== loft
# scene: loft
A loft. # id: loft_1
~ lit = not lit

-> visit ->
Between. # id: loft_2
-> visit -> visit -> stairs

=== visit
# scene: visit
A visit. # id: visit_1
{lit:
  ->->
}
->-> porch
