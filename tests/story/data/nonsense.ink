// Limits that are none.
-> a
=== a
# scene: a # visits: often
One. # id: a_1
-> b
=== b
# scene: b # visits: 2 # visits: 3
Two. # id: b_1
-> c
=== c
# scene: c
# visits: 0
Three. # id: c_1
Four. # id: c_2 # visits: 4
-> END
