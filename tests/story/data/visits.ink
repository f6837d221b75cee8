// Scenes that a play may enter only so often, by a tag.
-> gate

=== gate
# scene: gate # visits: 2
A gate. # id: gate_1
+ [Round # id: round # default] -> gate
+ [Yard # id: yard] -> yard
+ [Shed # id: shed] -> shed

=== yard
# scene: yard
# visits: 1
A yard. # id: yard_1
+ [Back # id: back] -> gate
+ [On # id: on # default] -> shed

=== shed
# scene: shed
A shed. # id: shed_1
-> cellar

=== cellar
# visits: 1
# scene: cellar
A cellar. # id: cellar_1
+ [Up # id: up # default] -> shed
+ [Out # id: out] -> gate
