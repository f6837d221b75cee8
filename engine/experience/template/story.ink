// ink decides WHAT happens; the files in scenes/ decide WHEN. Compile with `sensorama compile`.
-> quay

=== quay
# scene: quay
A lamp wakes on the quay. # id: quay_A1
Somebody has waited for you. # id: quay_A2
+ [Follow the lamp # id: follow # default]
  -> lamp
+ [Stay with the water # id: stay]
  -> water

=== lamp
# scene: lamp
It leads you home. # id: lamp_A1
-> END

=== water
# scene: water
The water carries you on. # id: water_A1
-> END
