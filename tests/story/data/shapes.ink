// Shapes of flow that a static reading of the compiled story has to follow.
VAR known = false
VAR next = -> lake
-> opening

=== opening
# scene: opening
Begin. # id: opening_1
{known: -> lake | -> pier}

=== pier
# scene: pier
Wood. # id: pier_1
-> fetch ->
+ [By tunnel # id: tunnel # default] -> next
+ {known} [By stitch # id: stitch] -> house.attic
* [Nest # id: nest]
    # scene: nest
    Inner. # id: nest_1
    ** [Deeper # id: deeper # default] -> gathered
    ** [Out # id: out] -> END
- (gathered) -> garden

=== fetch
A boat is fetched. # id: fetch_1
->->

=== house
# scene: house
Rooms. # id: house_1
-> attic
= attic
# scene: attic
Dust. # id: attic_1
-> END

=== lake
# scene: lake
Water. # id: lake_1
<- visitors
+ [Row # id: row # default] -> END

=== visitors
+ [Wave # id: wave] -> garden

=== garden
# scene: garden
Green. # id: garden_1
+ {known} [Smell # id: smell] -> END
+ {not known} [Look # id: look] -> END
+ -> lost

=== lost
# scene: lost
Gone. # id: lost_1
-> END

=== nowhere
# scene: nowhere
Nobody comes here. # id: nowhere_1
-> END
