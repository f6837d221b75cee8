#version 330
#include common

uniform mat4 p3d_ViewProjectionMatrix;
in vec4 p3d_Vertex;
out vec3 v_at;

void main() {
    v_at = vec3(p3d_Vertex.xy + u_head.xy, u_water.x);
    gl_Position = p3d_ViewProjectionMatrix * vec4(v_at, 1.0);
}
