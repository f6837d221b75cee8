// Each option runs into another fault of the story.
VAR zero = 0
-> hub

=== hub
# scene: hub
Choose a fault. # id: hub_1
+ [Run out # id: run_out]
    Nothing follows. # id: out_1 # scene: out
+ [Divide # id: divide]
    ~ temp quotient = 1 / zero
    Never said. # id: never # scene: out
    -> END
+ [Circle # id: circle] -> circle
+ [Menu # id: menu]
    -> menu
+ [Recurse # id: recurse]
    ~ endless(1)
    -> END
+ [Mirror # id: mirror]
    ~ temp x = 1
    -> mirror(x)
+ [Twins # id: twins] -> twins
+ [Nameless # id: nameless] -> nameless
+ [Fine # id: fine # default] -> fine

=== fine
# scene: fine
All is well. # id: fine_1
-> END

=== circle
-> square
=== square
-> circle

=== mirror(ref x)
# scene: mirror
{x} # id: mirror_1
-> END

=== menu
+ [Right after # id: right_after] -> END

=== twins
# scene: twins
Two doors. # id: twins_1
+ [Left # id: door] -> END
+ [Right # id: door] -> END

=== nameless
# scene: nameless
Two doors. # id: nameless_1
+ [Left # default] -> END
+ [Right # id: right] -> END

=== function endless(n)
~ return endless(n + 1)
