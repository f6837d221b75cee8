// Once-only options wherever they may stand, and what looks like one and is not.
VAR lit = false
-> hall

=== hall
# scene: hall
A hall. # id: hall_1
* [Left # id: left] -> left
+ [Right # id: right # default] -> right
+ [Tunnel # id: tunnel] -> ask -> right
+ [Ways # id: ways] -> ways

=== left
# scene: left
Left. # id: left_1
-> hall

=== right
# scene: right
Right. # id: right_1
<- menu
+ [On # id: on # default] -> asked

=== menu
* [Menu # id: menu] -> hall

=== asked
# scene: asked
Asked. # id: asked_1
-> ask ->
-> hall

=== ask
# scene: ask
Ask. # id: ask_1
* [Yes # id: yes]
  Yes. # id: yes_1
  ->->
+ [No # id: no # default]
  No. # id: no_1
  ->->

=== ways
# scene: ways
{lit:
  * [Same # id: same] -> hall
- else:
  * [Same # id: same] -> hall
}
{lit:
  + [Sometimes # id: sometimes] -> hall
}
* [Sometimes # id: sometimes] -> hall
* [Split # id: split]
  {lit: -> left | -> right}
+ [Out # id: out # default] -> END
+ [Empty # id: empty] -> spare

=== spare
# scene: spare
Spare. # id: spare_1
* [One # id: one # default] -> spare
* -> spent

=== spent
# scene: spent
Spent. # id: spent_1
-> spare
